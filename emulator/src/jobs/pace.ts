import { setImmediate, setTimeout } from 'node:timers/promises';

/** Longest that jobs hold the event loop at a time. */
const sliceMs = 5;

/** What was slept too long is made up for, up to this. */
const catchUpMs = 20;

/** How fast the jobs of a hub, all together, go from device to device. */
export class Pace {
  readonly #intervalMs: number;
  #free = 0;
  #sliceEnd = 0;

  /** @param perSecond The tier's rate of device operations; without it jobs only give way to others. */
  constructor(perSecond = Infinity) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Resolves when the next device may be worked on. */
  async next(): Promise<void> {
    const now = performance.now();
    if (this.#intervalMs > 0) {
      const at = Math.max(now - catchUpMs, this.#free);
      this.#free = at + this.#intervalMs;
      if (at > now) await setTimeout(at - now, undefined, { ref: false });
    } else if (now > this.#sliceEnd) {
      await setImmediate();
      this.#sliceEnd = performance.now() + sliceMs;
    }
  }
}
