import { setImmediate } from 'node:timers/promises';

/** Longest that a write waits for others, in milliseconds: callers that never pause would have it wait for ever. */
const gatherMs = 20;

interface Group<W> {
  readonly writes: W[];
  readonly committed: Promise<void>;
}

/**
 * Has writes share commits, each of which waits for the disk. A group is committed when the commit before it is done and
 * a turn of the event loop has brought no further write: so all who ask at the same time are in it, and who is alone
 * waits for a turn.
 */
export class GroupCommit<W> {
  #open: Group<W> | undefined;
  #latest: Promise<void> = Promise.resolve();

  constructor(private readonly commit: (writes: readonly W[]) => Promise<void>) {}

  /** Resolves when the write is committed, in the order of these calls. @throws what its commit throws. */
  add(write: W): Promise<void> {
    this.#open ??= this.#begin();
    this.#open.writes.push(write);
    return this.#open.committed;
  }

  /** Resolves when no commit is under way, however they end. */
  idle(): Promise<void> {
    return this.#latest;
  }

  #begin(): Group<W> {
    const writes: W[] = [];
    const committed = this.#latest.then(async () => {
      await gathered(writes);
      this.#open = undefined;
      await this.commit(writes);
    });
    this.#latest = committed.catch(() => undefined);
    return { writes, committed };
  }
}

async function gathered(writes: readonly unknown[]): Promise<void> {
  const end = performance.now() + gatherMs;
  for (let known = 0; known < writes.length && performance.now() < end; ) {
    known = writes.length;
    await setImmediate();
  }
}
