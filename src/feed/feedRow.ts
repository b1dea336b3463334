import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { maxRowsPerTransaction, type Row, type StoredRow } from '../azure/tables/table';
import type { FeedEvent } from './feedEvent';

/** An event at its place in a stream of the feed: a number that grows, as text that sorts. */
export interface Entry {
  place: string;
  event: FeedEvent;
}

/** The end of a stream, as it was last written. */
export interface Head {
  place: string;
  /** The time of the event there. */
  time: string;
}

/** The last row of a stream by its key: where the stream ends. It is written with the rows before it, in their transaction. */
export const headKey = 'head';

/** Of a transaction, the head takes one. */
export const maxEntries = maxRowsPerTransaction - 1;

/** Characters of JSON that a transaction takes: escaped once more on their way, they fit into its 4 MiB. */
const maxCharacters = 1_900_000;

/** @param number of an Event Hub's message, or of a stream that counts by itself: 64 bits at most. */
export function placeOf(number: number | string): string {
  return String(number).padStart(20, '0');
}

/** Rows of a stream in parts, in their order, each with the head that goes with it: a transaction each. */
export function* toParts(stream: string, entries: readonly Entry[]): Generator<{ rows: Row[]; head: Row & Head }> {
  let rows: Row[] = [];
  let characters = 0;
  for (const [index, { place, event }] of entries.entries()) {
    const columns = toColumns('event', event);
    characters += Object.values(columns).join('').length;
    rows.push({ partitionKey: stream, rowKey: place, ...columns });
    const next = entries[index + 1];
    const isFull = rows.length === maxEntries || characters + charactersOf(next) > maxCharacters;
    if (next && !isFull) continue;
    yield { rows, head: { partitionKey: stream, rowKey: headKey, place, time: event.time } };
    rows = [];
    characters = 0;
  }
}

function charactersOf(entry: Entry | undefined): number {
  return entry ? Object.values(toColumns('event', entry.event)).join('').length : 0;
}

export function fromFeedRow(row: StoredRow): Entry {
  return { place: row.rowKey, event: fromColumns('event', row) as FeedEvent };
}
