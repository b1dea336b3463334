import { type Entry, fromFeedRow, type Head, toParts } from './feedRow';
import { beginStream, type FeedTables, headOf, openStream, type Stream } from './streams';

/** A stream as this process knows it. */
interface Known {
  stream: Stream;
  head: Head;
}

/**
 * Writes what the relay reads from an Event Hub: a stream for each partition, a row for each event, whose key is the
 * sequence number of its message.
 *
 * A reader goes by a cursor, the number that it has reached in each stream, and asks for what comes after it. So that it
 * skips nothing, no row may ever appear before one that it can have seen:
 *
 * *Who writes row N has written, or found behind the checkpoint, every row before it.*
 *
 * - An owner of a partition begins after its checkpoint, and takes the messages in order. It writes rows in their order,
 *   a transaction after the other, each done before the next. So before N it has itself written all that lie after the
 *   checkpoint from which it began.
 * - A checkpoint moves past a message only after a call of this has returned, so whoever wrote it had written that row,
 *   and by the same rule all before it. That holds wherever the checkpoint is moved to, also back, and also by an owner
 *   that has lost its lease: it has written what it says.
 * - Two owners at a time, as one that was stopped in mid-batch and its successor, both keep the rule by themselves, each for
 *   its own rows; neither needs to know of the other. What both write is the same: a row is made of its message
 *   alone, not of the batch or the hour, so that writing it again changes nothing. Whichever writes N first had all before
 *   it; the other finds them there.
 * - Nothing else writes to a stream. Rows go only for their age, from its beginning. A message that was put aside has no
 *   row: numbers may have gaps, which nothing fills later.
 *
 * A query within a partition sees one state of it ("Windows Azure Table", 2009, "Transactional consistency": snapshot
 * isolation), so a page that holds N holds all before it that the reader has not had.
 *
 * An Event Hub that was made anew under its name counts from 0 again: below the head stand rows of other messages, or none,
 * though these are later. That begins a new stream (an epoch), which every cursor reads from its beginning. The
 * emulator's sequence numbers start at the microseconds of the clock, so its restarts go on with the same stream.
 */
export class FeedWriter {
  readonly #known = new Map<string, Known>();

  constructor(private readonly tables: FeedTables) {}

  /**
   * Writes the events of a batch, in the order of their numbers.
   *
   * @param source the partition of the Event Hub, by names that no other one has.
   */
  async write(source: string, entries: readonly Entry[]): Promise<void> {
    const [first] = entries;
    if (!first) return;
    const { stream } = await this.#streamFor(source, first);
    for (const { rows, head } of toParts(stream.id, entries)) {
      await this.tables.use('Feed', (table) => table.putAll([...rows, head]));
      const known = this.#known.get(source);
      if (known?.stream.id === stream.id && head.place > known.head.place) known.head = head;
    }
  }

  async #streamFor(source: string, first: Entry): Promise<Known> {
    for (;;) {
      const known = this.#known.get(source) ?? (await this.#open(source));
      if (first.place > known.head.place || (await this.#isTold(known, first))) return known;
      await beginStream(this.tables, source, known.stream.epoch + 1);
      // Another owner may have begun it, and written to it.
      this.#known.delete(source);
    }
  }

  async #open(source: string): Promise<Known> {
    const stream = await openStream(this.tables, source);
    const known = { stream, head: await headOf(this.tables, stream) };
    this.#known.set(source, known);
    return known;
  }

  /** Whether a message whose number is not new is one that was there before: its batch is tried again. */
  async #isTold({ stream, head }: Known, { place, event }: Entry): Promise<boolean> {
    const row = await this.tables.use('Feed', (table) => table.get(stream.id, place));
    // Rows that are gone for their age are older than the head.
    return row ? fromFeedRow(row).event.id === event.id : event.time <= head.time;
  }
}
