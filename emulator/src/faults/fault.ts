import type { OperationKind } from '../hub/operationKind';

/** Statuses that a fault may answer with. */
export type FaultStatus = 401 | 403 | 404 | 412 | 429 | 500 | 503;

/** What can go wrong with a request. */
export type RequestFault =
  /** The answer comes late. */
  | { kind: 'delay'; ms: number }
  /** The answer is an error, and nothing is done. `retryAfter`: seconds of `Retry-After`. */
  | { kind: 'status'; status: FaultStatus; retryAfter?: number | undefined }
  /** The connection ends: before anything is done, or after it was and before it is answered. Default `before`. */
  | { kind: 'cut'; when?: 'before' | 'after' | undefined }
  /** It is done, and the answer says so in JSON that is broken. */
  | { kind: 'malformed' };

/** What can go wrong: of a request; or notifications of twins, devices and connections go to the routes twice. */
export type Fault = RequestFault | { kind: 'duplicate' };

/** A fault that is pending. */
export interface FaultOrder {
  /** What it strikes. `any` is what a service or a twin asks for: all but `connection` and `telemetry`. */
  operation: OperationKind | 'any';
  /** How often it strikes before it is over. */
  count: number;
  /** How likely it strikes each time: 0 to 1. */
  chance: number;
  fault: Fault;
}

/** A fault to order; by default it strikes once, whatever is asked. */
export type FaultInput = Pick<FaultOrder, 'fault'> & {
  [K in Exclude<keyof FaultOrder, 'fault'>]?: FaultOrder[K] | undefined;
};

/** The faults of a hub, as tests order them. */
export interface FaultOrders {
  /** @throws Error that names the place of what is wrong in the order. */
  add(input: FaultInput): void;
  /** What is pending; `count` is what is left of it. */
  list(): FaultOrder[];
  clear(): void;
}
