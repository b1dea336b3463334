import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from 'iot-hub-emulator';

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  #now: number;
  readonly #waits = new Set<{ due: number; go: () => void }>();

  /** @param start what time it is, as a date. */
  constructor(start = '2026-03-01T12:00:00Z') {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waits.delete(wait);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const wait = { due: this.#now + ms, go };
      this.#waits.add(wait);
      signal.addEventListener('abort', stop);
    });
  }

  /** Lets time pass; who waited goes on, in turn. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await turn();
      const [next] = [...this.#waits].sort((a, b) => a.due - b.due);
      if (!next || next.due > end) break;
      this.#waits.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.go();
    }
    this.#now = end;
  }
}
