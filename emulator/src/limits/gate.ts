import { Disturbance } from '../faults/disturbance';
import type { RequestFault } from '../faults/fault';
import type { Faults } from '../faults/faults';
import { faultStatuses } from '../faults/order';
import type { OperationKind } from '../hub/operationKind';
import { HubError } from '../service/hubError';
import type { Clock } from './clock';
import type { Limits } from './limits';

/** A request at a door of the hub. */
export interface Passage<T> {
  kind: OperationKind;
  /** What a refusal calls it. */
  name: string;
  /** How many operations it counts as for its throttle. Default 1. */
  cost?: number;
  /** Sizes in bytes of what the quota counts, once it is answered. Default: none, it is free. */
  metered?: (answer: T) => number[];
}

/** What a gate goes by. */
export interface GateOptions {
  /** Absent where nothing is limited. */
  limits: Limits | undefined;
  faults: Faults;
  clock: Clock;
  /** Ends all waits. */
  stopped: AbortSignal;
}

/** Kinds that cost messages of the day. A query does or not, by what it is about: that is seen when it is answered. */
const metered: readonly OperationKind[] = ['twinRead', 'twinUpdate', 'method', 'telemetry', 'messageSend'];

/** What every door asks before it acts for somebody: faults strike here, throttles hold up, the quota is kept. */
export class Gate {
  constructor(private readonly options: GateOptions) {}

  /**
   * Does the work when the limits let it, and as the pending faults have it.
   *
   * @throws HubError where it is refused, Disturbance where the door must act out a fault.
   */
  async pass<T>(passage: Passage<T>, work: () => T | Promise<T>): Promise<T> {
    const fault = this.options.faults.strike(passage.kind);
    if (fault) await this.#before(fault);
    const answer = await this.#limited(passage, work);
    if (fault?.kind === 'cut' || fault?.kind === 'malformed') throw new Disturbance(fault.kind);
    return answer;
  }

  /** Lets a device connect that proved itself; undefined where it may at once, a rejection where it may not. */
  letConnect(): Promise<void> | undefined {
    const { limits, faults } = this.options;
    const fault = faults.strike('connection');
    if (!limits && !fault) return undefined;
    return this.#connect(fault);
  }

  /**
   * Takes a message of a device: it waits where too many come, for MQTT has no word to refuse it. Undefined where it is
   * taken at once.
   */
  takeTelemetry(bytes: number): Promise<void> | undefined {
    const { limits, faults } = this.options;
    const fault = faults.strike('telemetry');
    if (!limits && !fault) return undefined;
    return this.#telemetry(bytes, fault);
  }

  async #connect(fault: RequestFault | undefined): Promise<void> {
    if (fault) await this.#before(fault);
    await orCut(this.options.limits?.admit('connection', 1, 'Connection'));
  }

  async #telemetry(bytes: number, fault: RequestFault | undefined): Promise<void> {
    const { limits } = this.options;
    if (fault) await this.#before(fault);
    limits?.quota.check();
    await orCut(limits?.admitPatiently('telemetry'));
    limits?.quota.charge(bytes);
  }

  async #limited<T>(
    { kind, name, cost = 1, metered: sizes = () => [] }: Passage<T>,
    work: () => T | Promise<T>,
  ): Promise<T> {
    const { limits } = this.options;
    if (!limits) return work();
    await orCut(limits.admit(kind, cost, name));
    if (metered.includes(kind)) limits.quota.check();
    const answer = await work();
    for (const bytes of sizes(answer)) {
      if (kind === 'query') limits.quota.check();
      limits.quota.charge(bytes);
    }
    return answer;
  }

  async #before(fault: RequestFault): Promise<void> {
    const { clock, stopped } = this.options;
    if (fault.kind === 'delay') await orCut(clock.wait(fault.ms, stopped));
    if (fault.kind === 'cut' && fault.when !== 'after') throw new Disturbance('cut');
    if (fault.kind === 'status') {
      throw new HubError(faultStatuses[fault.status], 'A fault was asked for.', {
        retryAfterSeconds: fault.retryAfter,
      });
    }
  }
}

/** A wait that ends because the hub stops ends like the connection. */
async function orCut(wait: Promise<void> | undefined): Promise<void> {
  try {
    await wait;
  } catch {
    throw new Disturbance('cut');
  }
}
