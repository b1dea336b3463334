import type { Clock } from '../../src/azure/hub/clock';

interface Timer {
  at: number;
  run: () => void;
}

/** A clock whose time passes as fast as the work of a test allows. */
export class VirtualClock implements Clock {
  private time = 0;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(0, milliseconds), run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve);
    });
  }

  /** Lets time pass until then; work that waits for promises is done at its moment. */
  async runUntil(end: number): Promise<void> {
    for (await settle(); ; await settle()) {
      const next = this.earliest();
      if (!next || next.at > end) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }

  /** Lets time pass until the work is done. */
  async runFor<T>(work: Promise<T>, most = 3_600_000): Promise<T> {
    let done = false;
    const finish = () => {
      done = true;
    };
    work.then(finish, finish);
    const end = this.time + most;
    for (await settle(); !done; await settle()) {
      const next = this.earliest();
      if (!next || next.at > end) throw new Error(`The work was not done after ${most} ms.`);
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    return work;
  }

  private earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) if (!first || timer.at < first.at) first = timer;
    return first;
  }
}

/** Work that waits for nothing but promises has come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 24; turn++) await Promise.resolve();
}
