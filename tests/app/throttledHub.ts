import { HubError } from '../../src/azure/hub/hubError';
import type { VirtualClock } from './virtualClock';

/** How a hub throttles one kind of call. */
export interface Throttle {
  /** Calls per second. */
  rate: number;
  /** Calls that it takes at once after a pause. */
  burst: number;
  /** Calls beyond that it lets wait; 0 refuses at once. */
  backlog: number;
  /** Longest that it lets a call wait, in milliseconds. */
  longest: number;
  /** Where calls do not wait for their turn but ever longer: how far they may run ahead until they are refused. */
  aheadMs?: number;
  /** How long an answer takes, in milliseconds. */
  latency: number;
}

/**
 * A hub's throttle as it was measured (see the quotas of IoT Hub): a burst is served at once, then calls wait for their
 * turn, then they are refused with 429.
 */
export class ThrottledHub {
  served = 0;
  refused = 0;
  longestWait = 0;
  /** When the call after those that wait has its turn. */
  private nextTurn: number;
  private readonly waiting: number[] = [];

  constructor(
    private readonly throttle: Throttle,
    private readonly clock: VirtualClock,
  ) {
    this.nextTurn = -this.burstTime;
  }

  /** One call; `signal` cuts it off, though a hub works on what it has taken. */
  async call(signal: AbortSignal): Promise<void> {
    const { rate, backlog, longest, latency, aheadMs } = this.throttle;
    const now = this.clock.now();
    const turn = Math.max(this.nextTurn, now - this.burstTime) + 1000 / rate;
    const ahead = Math.max(0, turn - now);
    const wait = aheadMs === undefined ? ahead : (ahead / aheadMs) * longest;
    while ((this.waiting[0] ?? now) < now) this.waiting.shift();
    if (wait > 0 && (this.waiting.length >= backlog || wait > longest)) {
      this.refused++;
      await this.clock.sleep(latency);
      throw new HubError('throttled', 'refused');
    }
    this.nextTurn = turn;
    if (wait > 0) this.waiting.push(now + wait);
    this.longestWait = Math.max(this.longestWait, wait);
    await this.clock.sleep(wait + latency);
    signal.throwIfAborted();
    this.served++;
  }

  private get burstTime(): number {
    return (1000 * this.throttle.burst) / this.throttle.rate;
  }
}
