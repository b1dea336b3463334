import type { OperationKind } from '../hub/operationKind';
import { HubError } from '../service/hubError';
import type { Clock } from './clock';
import { Quota } from './quota';
import { Throttle, type ThrottleCounts } from './throttle';
import { type Sku, type Tier, tierOf } from './tier';

/** What a hub is limited as. */
export interface LimitsOptions {
  sku: Sku;
  /** Default 1. */
  units?: number | undefined;
  /** Seconds of quota that may be used at once before anybody waits. Default 120, as the service is documented. */
  burstSeconds?: number | undefined;
  /** Seconds that a refusal asks to wait in `Retry-After`; no such header, as the service, where absent. */
  retryAfterSeconds?: number | undefined;
}

const defaultBurstSeconds = 120;

/** How one throttle stands. */
export interface ThrottleReport extends ThrottleCounts {
  kind: string;
  perSecond: number;
  /** Seconds of quota that requests have run ahead. */
  aheadSeconds: number;
}

/** The throttles and the daily quota of one hub. */
export class Limits {
  readonly tier: Tier;
  readonly quota: Quota;
  readonly #throttles: Readonly<Record<OperationKind, Throttle>>;
  readonly #retryAfterSeconds: number | undefined;

  /** @throws Error where the SKU does not come with so many units. */
  constructor(options: LimitsOptions, clock: Clock, stopped: AbortSignal) {
    const { sku, units = 1, burstSeconds = defaultBurstSeconds, retryAfterSeconds } = options;
    const tier = tierOf(sku, units);
    const throttle = (kind: OperationKind) => new Throttle(tier.rates[kind], burstSeconds * 1000, clock, stopped);
    this.tier = tier;
    this.quota = new Quota(tier, clock);
    this.#throttles = {
      registry: throttle('registry'),
      query: throttle('query'),
      twinRead: throttle('twinRead'),
      twinUpdate: throttle('twinUpdate'),
      job: throttle('job'),
      method: throttle('method'),
      connection: throttle('connection'),
      telemetry: throttle('telemetry'),
      messageSend: throttle('messageSend'),
      messageReceive: throttle('messageReceive'),
    };
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  /**
   * Lets a request in, which counts as `cost`; what it gives resolves when its turn has come.
   *
   * @param name what a refusal calls the operation.
   * @throws HubError ThrottlingBacklogTimeout where too many are before it.
   */
  admit(kind: OperationKind, cost: number, name: string): Promise<void> | undefined {
    const throttle = this.#throttles[kind];
    if (!throttle.isFull) return throttle.grant(cost);
    throttle.counts.refused++;
    throw new HubError(
      'ThrottlingBacklogTimeout',
      `The request has been throttled. Wait 10 seconds and try again. Operation type: ${name}`,
      { retryAfterSeconds: this.#retryAfterSeconds },
    );
  }

  /** As {@link admit}, for what cannot be refused: it waits, however long. */
  admitPatiently(kind: OperationKind): Promise<void> | undefined {
    return this.#throttles[kind].grant(1);
  }

  /** Has requests of a kind run ahead of their quota by so many seconds of it, as if they had come. */
  runAhead(kind: OperationKind, seconds: number): void {
    this.#throttles[kind].debtMs = seconds * 1000;
  }

  report(): ThrottleReport[] {
    return Object.entries(this.#throttles).map(([kind, { perSecond, debtMs, counts }]) => ({
      kind,
      perSecond,
      aheadSeconds: debtMs / 1000,
      ...counts,
    }));
  }
}
