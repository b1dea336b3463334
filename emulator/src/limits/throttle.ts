import type { Clock } from './clock';

/** Quota that waits may run ahead of, past the burst, in milliseconds of it; and how long the last of them waits. */
const queueMs = 30_000;
const longestWaitMs = 5_000;

/** What a throttle has done so far. */
export interface ThrottleCounts {
  served: number;
  /** Of those served, how many had to wait. */
  delayed: number;
  refused: number;
}

/**
 * The limit of one kind of operation, with the traffic shaping of the service ("Quotas and throttling": for a minute or
 * two everything is served at once, then latency grows, then requests are refused).
 *
 * It is a leaky bucket kept as a debt of time: a request costs the time in which its quota is earned. Up to `burstMs` of
 * debt nobody waits; up to {@link queueMs} more, waits grow steadily to {@link longestWaitMs}; then requests are refused,
 * which costs nothing. So over a long time exactly the rate is granted, however hard a client tries.
 */
export class Throttle {
  readonly counts: ThrottleCounts = { served: 0, delayed: 0, refused: 0 };
  /** When all that was granted will have been earned. */
  #earnedAt = 0;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param signal ends all waits. */
  constructor(
    readonly perSecond: number,
    private readonly burstMs: number,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** How far requests have run ahead of the quota, in milliseconds of it. */
  get debtMs(): number {
    return Math.max(0, this.#earnedAt - this.clock.now());
  }

  set debtMs(ms: number) {
    this.#earnedAt = this.clock.now() + ms;
  }

  /** Whether a request would be refused. */
  get isFull(): boolean {
    return this.debtMs >= this.burstMs + queueMs;
  }

  /** Grants a request that counts as `cost`, full or not; resolves when its turn has come, the first come first. */
  grant(cost: number): Promise<void> | undefined {
    const due = this.clock.now() + this.#wait(this.debtMs);
    this.#earnedAt = Math.max(this.#earnedAt, this.clock.now()) + (cost / this.perSecond) * 1000;
    this.counts.served++;
    if (due <= this.clock.now() && this.#waiting === 0) return undefined;
    this.counts.delayed++;
    this.#waiting++;
    this.#last = this.#last.then(() => this.#until(due)).finally(() => this.#waiting--);
    return this.#last;
  }

  /** Past the end of the queue a wait grows as the debt does: who cannot be refused is served at the rate. */
  #wait(debtMs: number): number {
    const ahead = debtMs - this.burstMs;
    if (ahead <= 0) return 0;
    return ahead <= queueMs ? (ahead / queueMs) * longestWaitMs : longestWaitMs + ahead - queueMs;
  }

  async #until(due: number): Promise<void> {
    const left = due - this.clock.now();
    if (left > 0) await this.clock.wait(left, this.signal);
  }
}
