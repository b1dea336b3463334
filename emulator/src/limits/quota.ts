import { HubError } from '../service/hubError';
import type { Clock } from './clock';
import type { Tier } from './tier';

const dayMs = 24 * 60 * 60 * 1000;

/** The messages of a day: used up, what costs messages is refused until the next day begins, in UTC. In memory. */
export class Quota {
  #day = 0;
  #used = 0;

  constructor(
    private readonly tier: Pick<Tier, 'dailyMessages' | 'blockBytes'>,
    private readonly clock: Clock,
  ) {}

  get limit(): number {
    return this.tier.dailyMessages;
  }

  /** Messages used today. */
  get used(): number {
    return this.#day === this.#today() ? this.#used : 0;
  }

  set used(messages: number) {
    this.#day = this.#today();
    this.#used = messages;
  }

  /** When the next day begins. */
  get resetsAt(): Date {
    return new Date((this.#today() + 1) * dayMs);
  }

  /** @throws HubError IotHubQuotaExceeded when nothing is left of today. */
  check(): void {
    if (this.used < this.limit) return;
    throw new HubError(
      'IotHubQuotaExceeded',
      `Total number of messages on IotHub exceeded the allocated quota. Max allowed message count: ${this.limit}.`,
    );
  }

  /** Counts what something of this size costs: a message for each block, at least one. */
  charge(bytes: number): void {
    this.used += Math.max(1, Math.ceil(bytes / this.tier.blockBytes));
  }

  #today(): number {
    return Math.floor(this.clock.now() / dayMs);
  }
}
