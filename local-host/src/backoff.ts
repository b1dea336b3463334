/** By how much each step may be shorter or longer, as a share of it. */
const spread = 0.2;

/**
 * Pauses between tries, in milliseconds: each longer by twice as much as the last, a little at random, up to a longest one
 * (`RandomizedExponentialBackoffStrategy` of the WebJobs SDK).
 */
export class Backoff {
  #steps = 0;
  #isLongest = false;

  constructor(
    private readonly leastMs: number,
    private readonly mostMs: number,
  ) {}

  /** Milliseconds to wait now. */
  next(): number {
    if (this.#isLongest) return this.mostMs;
    const step =
      this.#steps === 0 ? 0 : (1 - spread + Math.random() * 2 * spread) * 2 ** (this.#steps - 1) * this.leastMs;
    this.#steps++;
    this.#isLongest = this.leastMs + step >= this.mostMs;
    return this.#isLongest ? this.mostMs : this.leastMs + step;
  }

  /** There was something: the next pause is the shortest one. */
  reset(): void {
    this.#steps = 0;
    this.#isLongest = false;
  }
}
