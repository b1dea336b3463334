import { maxRowsPerPage } from '../azure/tables/table';
import { type Cursor, formatCursor } from './cursor';
import type { FeedEvent } from './feedEvent';
import { type Entry, fromFeedRow, headKey } from './feedRow';
import { type FeedTables, headOf, listStreams, type Stream } from './streams';

/** What to read. */
export interface AskedFeed {
  /** From the oldest row where it is undefined. */
  after: Cursor | undefined;
  /** Most events. */
  limit: number;
  /** Most rows to read, of which a filter may leave few. */
  maxRows: number;
  /** Tells those events of the rows that are wanted; undefined where all are. */
  filter: ((events: readonly FeedEvent[]) => Promise<ReadonlySet<FeedEvent>>) | undefined;
}

/** A page of the feed. */
export interface FeedPage {
  events: FeedEvent[];
  cursor: Cursor;
  /** Whether there are rows after it that were there already. */
  isMore: boolean;
}

/** The cursor lies before rows that were dropped for their age. */
export class CursorExpiredError extends Error {
  override readonly name = 'CursorExpiredError';
}

/** Reads the feed by a cursor; `FeedWriter` says why that skips nothing. */
export class FeedReader {
  constructor(private readonly tables: FeedTables) {}

  /** The cursor of the end: what is written from now on comes after it. */
  async end(): Promise<Cursor> {
    const streams = await listStreams(this.tables);
    const heads = await Promise.all(streams.map((stream) => headOf(this.tables, stream)));
    return new Map(streams.map(({ id }, index) => [id, heads[index]?.place ?? '']));
  }

  /**
   * Reads a page. The streams are read side by side, and their events put together by their times; those of one stream
   * stay in its order.
   *
   * @throws CursorExpiredError where rows after the cursor were dropped before they were read.
   */
  async read({ after, limit, maxRows, filter }: AskedFeed): Promise<FeedPage> {
    const streams = await listStreams(this.tables);
    if (after) refuseExpired(after, streams);
    const share = Math.max(1, Math.floor(maxRows / Math.max(1, streams.length)));
    const pageSize = Math.min(maxRowsPerPage, share, filter ? share : limit);
    const pages = await Promise.all(streams.map((stream) => this.#pageOf(stream, reachedIn(stream, after), pageSize)));
    const wanted = await filter?.(pages.flatMap(({ entries }) => entries.map(({ event }) => event)));
    const events: FeedEvent[] = [];
    while (events.length < limit) {
      const next = earliest(pages);
      if (!next) break;
      const [entry] = next.entries.splice(0, 1);
      if (!entry) break;
      next.reached = entry.place;
      if (wanted?.has(entry.event) ?? true) events.push(entry.event);
    }
    return {
      events,
      cursor: new Map(pages.map(({ id, reached }) => [id, reached])),
      isMore: pages.some(({ entries, isFull }) => isFull || entries.length > 0),
    };
  }

  async #pageOf({ id }: Stream, reached: string, pageSize: number): Promise<StreamPage> {
    const range = { partitionKey: id, after: reached, before: headKey };
    const { rows, continuation } = await this.tables.use('Feed', (table) => table.list(range, pageSize));
    return { id, reached, entries: rows.map(fromFeedRow), isFull: continuation !== undefined };
  }
}

interface StreamPage {
  id: string;
  reached: string;
  entries: Entry[];
  isFull: boolean;
}

/** The page whose first event is the oldest. */
function earliest(pages: readonly StreamPage[]): StreamPage | undefined {
  return pages
    .filter(({ entries }) => entries.length > 0)
    .reduce<StreamPage | undefined>(
      (first, page) => (!first || timeOf(page) < timeOf(first) ? page : first),
      undefined,
    );
}

function timeOf({ entries: [first] }: StreamPage): string {
  return first?.event.time ?? '';
}

/** Where a reader stands in a stream; one without a cursor before its oldest row. */
function reachedIn({ id, droppedTo }: Stream, after: Cursor | undefined): string {
  return after ? (after.get(id) ?? '') : droppedTo;
}

function refuseExpired(after: Cursor, streams: readonly Stream[]): void {
  const isLost = streams.some((stream) => reachedIn(stream, after) < stream.droppedTo);
  if (!isLost) return;
  throw new CursorExpiredError(
    `Rows after the cursor ${formatCursor(after)} were dropped for their age: begin anew without after, or with after=now.`,
  );
}
