import type { OperationKind } from '../hub/operationKind';
import { seededRandom } from '../service/random';
import type { Fault, FaultInput, FaultOrder, FaultOrders, RequestFault } from './fault';
import { parseFaultOrder } from './order';

/** Faults that were ordered and are not over: each strikes a number of times, the oldest first. */
export class Faults implements FaultOrders {
  #pending: FaultOrder[] = [];
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** @throws AdminInputError where the order cannot be read. */
  add(input: FaultInput): void {
    this.#pending.push(parseFaultOrder(input));
  }

  list(): FaultOrder[] {
    return structuredClone(this.#pending);
  }

  clear(): void {
    this.#pending = [];
  }

  /** The fault that strikes this operation, if one does. */
  strike(kind: OperationKind): RequestFault | undefined {
    const fault = this.#take((each) => each.fault.kind !== 'duplicate' && concerns(each, kind));
    return fault?.kind === 'duplicate' ? undefined : fault;
  }

  /** Whether the present notification comes twice. */
  strikeNotification(): boolean {
    return this.#take((each) => each.fault.kind === 'duplicate') !== undefined;
  }

  #take(matches: (order: FaultOrder) => boolean): Fault | undefined {
    if (this.#pending.length === 0) return undefined;
    const order = this.#pending.find((each) => matches(each) && this.#random() < each.chance);
    if (!order) return undefined;
    if (--order.count === 0) this.#pending = this.#pending.filter((each) => each !== order);
    return order.fault;
  }
}

function concerns({ operation }: FaultOrder, kind: OperationKind): boolean {
  return operation === 'any' ? kind !== 'connection' && kind !== 'telemetry' : operation === kind;
}
