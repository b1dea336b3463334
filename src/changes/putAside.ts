import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import type { Tables } from '../azure/tables/tables';

/** A message of the Event Hub that is no notification of the hub. */
export interface BadMessage {
  partitionId: string;
  sequenceNumber: string;
  fault: string;
  body: unknown;
  properties: unknown;
}

/** What names a CloudEvent. */
const nameSchema = z.object({ source: z.string(), id: z.string() });

/** Columns of a row: a row has at most 1 MiB, and a column of ours up to 64,000 bytes. */
const maxColumns = 14;

/**
 * What could not be read, kept where it can be looked at: the table `PutAside`. What comes again is the same row again;
 * what is too large for a row goes on in others, whose keys end in `|1`, `|2`, …
 */
export class PutAside {
  constructor(private readonly tables: Tables) {}

  /** Keeps a message of the Event Hub, by partition and sequence number. */
  async keepMessage({ partitionId, sequenceNumber, fault, body, properties }: BadMessage): Promise<void> {
    const columns = { ...toColumns('properties', properties), ...toColumns('body', body) };
    await this.#keep(encodeKey(partitionId), encodeKey(sequenceNumber.padStart(20, '0')), fault, columns);
  }

  /** Keeps an event of the topic, by its source and id; one without, by a hash of it. */
  async keepEvent(event: unknown, fault: string): Promise<void> {
    const { data } = nameSchema.safeParse(event);
    const columns = toColumns('event', event);
    const hash = createHash('sha256').update(Object.values(columns).join('')).digest('hex');
    const [partition, row] = data ? [data.source, data.id] : ['nameless', hash];
    await this.#keep(encodeKey(partition), encodeKey(row), fault, columns);
  }

  async #keep(partitionKey: string, rowKey: string, fault: string, columns: Record<string, string>): Promise<void> {
    const all = Object.entries(columns);
    await this.tables.use('PutAside', async (table) => {
      for (let start = 0; start < all.length; start += maxColumns) {
        const part = start === 0 ? '' : `|${start / maxColumns}`;
        const some = Object.fromEntries(all.slice(start, start + maxColumns));
        await table.put({ partitionKey, rowKey: rowKey + part, fault, ...some });
      }
    });
  }
}
