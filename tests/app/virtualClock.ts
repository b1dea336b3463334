import type { Clock } from '../../src/azure/hub/clock';

/** A clock whose time passes as fast as the work of a test allows. */
export class VirtualClock implements Clock {
  private time = 0;
  private order = 0;
  private readonly timers = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const id = ++this.order;
    this.timers.set(id, { at: this.time + Math.max(0, milliseconds), run });
    return () => this.timers.delete(id);
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
      this.timers.delete(next.id);
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
      this.timers.delete(next.id);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    return work;
  }

  private earliest() {
    let first: { id: number; at: number; run: () => void } | undefined;
    for (const [id, timer] of this.timers) if (!first || timer.at < first.at) first = { id, ...timer };
    return first;
  }
}

/** Work that waits for nothing but promises has come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 24; turn++) await Promise.resolve();
}
