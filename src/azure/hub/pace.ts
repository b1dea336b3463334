/** What is kept of the rate when the hub refuses a call, and when its answers become slow. */
const keptWhen = { refused: 0.85, slow: 0.9 };

/** How much of the quota the rate gains in a second: while it is below what was too much, and beyond that. */
const gain = { below: 0.05, beyond: 0.01 };

/** What is always tried: a share of the quota, and so many calls a second that one finds its turn in a request's time. */
const least = { share: 0.04, perSecond: 1 / 15 };

/** Weight of the newest answer in the mean of their delays. */
const newest = 0.25;

/** A timer that fires late may make up for so much, in milliseconds. */
const slack = 100;

/** How long it is known of a hub that it throttles, in milliseconds: it does by the minute. */
const rememberedFor = 60_000;

/** Over how long the rate of answers is measured, in milliseconds, and the least to tell anything. */
const span = 5000;
const leastSpan = 250;

/**
 * How fast calls of one kind may go to the hub: unhindered until it pushes back, then by additive increase and
 * multiplicative decrease of the rate.
 *
 * The hub first delays what is too much, then refuses it (429), and never says how long to wait (`Retry-After`). Both
 * slow down all calls of the kind. Instances that share a hub do not know of each other: since each gains as much as
 * the others and gives up a share of what it has, they come to have the same.
 *
 * All times are in milliseconds; the caller tells them.
 */
export class Pace {
  /** Calls per second. */
  #rate = Number.POSITIVE_INFINITY;
  /** The rate that was last too much. */
  #tooMuch = Number.POSITIVE_INFINITY;
  #grownAt = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  #firstAnswerAt = Number.POSITIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;
  #pushedBackAt = Number.NEGATIVE_INFINITY;
  #delay: number | undefined;
  /** The mean before the last cut, until there is one of the present rate. */
  #lastDelay = 0;
  #answers = { since: 0, count: 0, before: 0 };
  readonly #slowAfter: number;

  /** @param quota what the hub allows of these calls, per second: it sets the steps, not the limit. */
  constructor(private readonly quota: number) {
    // A few calls of a quota may wait at the hub: then none of the quota is lost between one call and the next.
    this.#slowAfter = 1000 + 1500 / quota;
  }

  /** When the next call may be sent. */
  get earliest(): number {
    return this.#nextAt;
  }

  /** How long an answer is likely to take. */
  get expectedDelay(): number {
    return this.#delay ?? this.#lastDelay;
  }

  /** Whether the hub has pushed back lately. */
  hindered(now: number): boolean {
    return now - this.#pushedBackAt < rememberedFor;
  }

  sent(now: number): void {
    this.#grow(now);
    this.#nextAt = Math.max(this.#nextAt, now - slack) + 1000 / this.#rate;
  }

  /** The hub answered a call. */
  answered(sentAt: number, now: number): void {
    this.#count(now);
    this.#firstAnswerAt = Math.min(this.#firstAnswerAt, now);
    this.#learn(sentAt, now);
    if (this.expectedDelay > this.#slowAfter) this.#pushedBackAt = now;
  }

  /** A call was given up while the hub still owed the answer. */
  givenUp(sentAt: number, now: number): void {
    this.#learn(sentAt, now);
  }

  /** The hub refused a call as one too many. */
  refused(sentAt: number, now: number, retryAfter = 0): void {
    this.#pushedBackAt = now;
    if (sentAt >= this.#cutAt) this.#cut(now, keptWhen.refused);
    this.#nextAt = Math.max(this.#nextAt, now + retryAfter);
  }

  #learn(sentAt: number, now: number): void {
    // What was sent at an earlier rate says nothing about the present one, nor what had to wait for a connection first.
    if (sentAt < this.#cutAt || sentAt < this.#firstAnswerAt) return;
    const delay = now - sentAt;
    this.#delay = this.#delay === undefined ? delay : this.#delay + newest * (delay - this.#delay);
    if (this.#delay > this.#slowAfter) this.#cut(now, keptWhen.slow);
  }

  #cut(now: number, kept: number): void {
    this.#grow(now);
    // Where nothing has hindered us, the rate is no measure yet: answers are, and what is documented.
    const rate = Math.min(this.#rate, Math.max(this.quota, this.#answerRate(now)));
    // Cut after cut without an answer, the hub is shut for a while: what it took before still says most.
    if (this.#delay !== undefined || this.#tooMuch === Number.POSITIVE_INFINITY) this.#tooMuch = rate;
    this.#rate = Math.max(rate * kept, this.quota * least.share, least.perSecond);
    this.#cutAt = now;
    this.#lastDelay = this.expectedDelay;
    this.#delay = undefined;
    // Jitter, so that instances that were refused together do not come back together.
    this.#nextAt = Math.max(this.#nextAt, now + ((0.5 + Math.random()) * 1000) / this.#rate);
  }

  #grow(now: number): void {
    const seconds = (now - this.#grownAt) / 1000;
    const step = this.quota * (this.#rate < this.#tooMuch ? gain.below : gain.beyond) * Math.min(1, this.quota / 5);
    this.#rate += step * seconds;
    this.#grownAt = now;
  }

  #count(now: number): void {
    if (now - this.#answers.since > span) {
      const idle = now - this.#answers.since > 2 * span;
      this.#answers = { since: now, count: 0, before: idle ? 0 : this.#answers.count };
    }
    this.#answers.count++;
  }

  #answerRate(now: number): number {
    const { since, count, before } = this.#answers;
    return (1000 * (count + before)) / Math.max(leastSpan, now - since + (before > 0 ? span : 0));
  }
}
