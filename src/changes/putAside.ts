import { toColumns } from '../tables/jsonColumns';
import { encodeKey } from '../tables/keys';
import type { Tables } from '../tables/tables';

/** A message of the Event Hub that is no notification of the hub. */
export interface BadMessage {
  partitionId: string;
  sequenceNumber: string;
  fault: string;
  body: unknown;
  properties: unknown;
}

/** Messages that could not be read, kept where they can be looked at: the table `PutAside`. */
export class PutAside {
  constructor(private readonly tables: Tables) {}

  /** Keeps a message; one that comes again is the same row again. */
  async keep({ partitionId, sequenceNumber, fault, body, properties }: BadMessage): Promise<void> {
    const row = {
      partitionKey: encodeKey(partitionId),
      rowKey: encodeKey(sequenceNumber.padStart(20, '0')),
      fault,
      ...toColumns('properties', properties),
      ...toColumns('body', body),
    };
    await this.tables.use('PutAside', (table) => table.put(row));
  }
}
