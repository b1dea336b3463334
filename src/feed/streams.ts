import { randomBytes } from 'node:crypto';
import { encodeKey } from '../azure/tables/keys';
import { pagesOf } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { type Head, headKey } from './feedRow';

/** The table of the feed: who uses no other of it. */
export type FeedTables = Pick<Tables, 'use'>;

/** A stream of the feed: rows in one partition, whose numbers only grow. */
export interface Stream {
  /** Its partition, which a cursor names too: made by chance, so that no stream is ever taken for an earlier one. */
  id: string;
  /** What it is written from. */
  source: string;
  /** A source whose numbers begin anew begins another stream. */
  epoch: number;
  /** Where rows were dropped up to, for their age. */
  droppedTo: string;
}

/** The partition that lists the streams. */
export const listKey = 'streams';

/** All streams, of each source in the order of their epochs. */
export async function listStreams(tables: FeedTables): Promise<Stream[]> {
  return list(tables, '');
}

/** The present stream of a source, which is begun where there is none. */
export async function openStream(tables: FeedTables, source: string): Promise<Stream> {
  const stream = (await list(tables, `${encodeKey(source)}|`)).at(-1);
  return stream ?? beginStream(tables, source, 0);
}

/** The row of a stream in the list. */
export function rowKeyOf({ source, epoch }: Pick<Stream, 'source' | 'epoch'>): string {
  return `${encodeKey(source)}|${String(epoch).padStart(6, '0')}`;
}

/** Begins an epoch of a source; whoever is first gives the stream its id. */
export async function beginStream(tables: FeedTables, source: string, epoch: number): Promise<Stream> {
  const rowKey = rowKeyOf({ source, epoch });
  const row = { partitionKey: listKey, rowKey, id: randomBytes(6).toString('base64url'), source, epoch, droppedTo: '' };
  const kept = await tables.use('Feed', async (table) =>
    (await table.putIf(row, undefined)) === undefined ? table.get(listKey, rowKey) : undefined,
  );
  return { id: String((kept ?? row).id), source, epoch, droppedTo: String(kept?.droppedTo ?? '') };
}

/** Where a stream ends; an empty place where nothing was written to it. */
export async function headOf(tables: FeedTables, { id }: Stream): Promise<Head> {
  const row = await tables.use('Feed', (table) => table.get(id, headKey));
  return { place: String(row?.place ?? ''), time: String(row?.time ?? '') };
}

async function list(tables: FeedTables, prefix: string): Promise<Stream[]> {
  return tables.use('Feed', async (table) => {
    const streams: Stream[] = [];
    for await (const rows of pagesOf(table, { partitionKey: listKey, prefix })) {
      for (const { id, source, epoch, droppedTo } of rows) {
        streams.push({ id: String(id), source: String(source), epoch: Number(epoch), droppedTo: String(droppedTo) });
      }
    }
    return streams;
  });
}
