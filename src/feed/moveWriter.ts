import { randomInt } from 'node:crypto';
import type { DeviceMoved } from './feedEvent';
import { type Entry, type Head, maxEntries, placeOf, toParts } from './feedRow';
import { type FeedTables, headOf, openStream, type Stream } from './streams';

/** Streams of moves: each more is a query more for every reader; fewer have instances meet more often. */
const streams = 2;

interface Waiting {
  event: DeviceMoved;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Writes moves to the feed: to streams of numbers without a gap, each taken by creating the row after the last. Whoever
 * creates N has created N − 1, or found it there; so no row appears before one that a reader can have seen, however many
 * instances write. An instance writes one batch at a time: what comes meanwhile goes together, with the next.
 */
export class MoveWriter {
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #known: { stream: Stream; head: Head } | undefined;

  constructor(private readonly tables: FeedTables) {}

  /** Tells a move; one that is told again stands there twice, with the same id. */
  write(event: DeviceMoved): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxEntries);
      try {
        await this.#append(batch.map(({ event }) => event));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #append(events: readonly DeviceMoved[]): Promise<void> {
    for (;;) {
      this.#known ??= await this.#open();
      const { stream, head } = this.#known;
      const entries = events.map((event, index): Entry => ({ place: placeOf(Number(head.place) + 1 + index), event }));
      // Moves are small: they are one part.
      const [part] = toParts(stream.id, entries);
      if (!part) return;
      const isWritten = await this.tables.use('Feed', (table) => table.addAll(part.rows, [part.head]));
      // Where another instance was first, it has written the head too.
      this.#known.head = isWritten ? part.head : await headOf(this.tables, stream);
      if (isWritten) return;
    }
  }

  async #open() {
    const stream = await openStream(this.tables, `moves/${randomInt(streams)}`);
    return { stream, head: await headOf(this.tables, stream) };
  }
}
