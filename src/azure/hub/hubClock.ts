/**
 * The time of the hub, by the `Date` of its answers (RFC 9110, 6.6.1): the clock of an instance may be wrong by hours, and
 * what it calls now would outweigh all that the hub tells until then.
 */
export class HubClock {
  #told: { date: number; heardAt: number } | undefined;

  hear(date: string | undefined): void {
    const told = Date.parse(date ?? '');
    if (!Number.isNaN(told)) this.#told = { date: told, heardAt: performance.now() };
  }

  /** Never ahead of the hub: its header lacks the fraction of the second, and was on its way. */
  now(): Date | undefined {
    return this.#told && new Date(this.#told.date + performance.now() - this.#told.heardAt);
  }
}
