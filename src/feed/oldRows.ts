import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import { toUtc } from '../changes/eventTime';
import { type Entry, fromFeedRow, headKey } from './feedRow';
import { type FeedTables, listKey, listStreams, rowKeyOf, type Stream } from './streams';

/** The oldest rows of a stream. */
export interface OldRows {
  stream: Stream;
  rows: StoredRow[];
  entries: Entry[];
}

/**
 * The rows of the feed from before a time, of each stream its oldest, page by page: they stand at its beginning, so that
 * nothing else is looked through. The next page of a stream is there when those of the one before were dropped.
 */
export async function* oldRows(tables: FeedTables, before: Date): AsyncGenerator<OldRows> {
  // As times of events are: they compare as text.
  const time = toUtc(before.toISOString()) ?? '';
  for (const stream of await listStreams(tables)) {
    for (;;) {
      const range = { partitionKey: stream.id, before: headKey };
      const { rows } = await tables.use('Feed', (table) => table.list(range, maxRowsPerPage));
      const entries = rows.map(fromFeedRow);
      const firstNew = entries.findIndex(({ event }) => event.time >= time);
      const count = firstNew < 0 ? rows.length : firstNew;
      if (count > 0) yield { stream, rows: rows.slice(0, count), entries: entries.slice(0, count) };
      if (count < maxRowsPerPage) break;
    }
  }
}

/** Drops rows of a stream, after it was noted that they go: a reader whose cursor lies before them is told. */
export async function dropRows(tables: FeedTables, { stream, rows }: Pick<OldRows, 'stream' | 'rows'>): Promise<void> {
  const [partitionKey, rowKey] = [listKey, rowKeyOf(stream)];
  const droppedTo = rows.at(-1)?.rowKey ?? '';
  await tables.use('Feed', async (table) => {
    const row = await table.get(partitionKey, rowKey);
    if (row && String(row.droppedTo) < droppedTo) {
      const { etag, ...columns } = row;
      await table.putIf({ ...columns, partitionKey, rowKey, droppedTo }, etag);
    }
    await table.removeAll(rows);
  });
}
