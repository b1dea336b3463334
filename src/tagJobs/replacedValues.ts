import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import type { StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import type { TagChange } from '../twins/tagChanges';
import { padded } from './chunk';

/** What a job did to a device. */
export interface Replaced {
  deviceId: string;
  /** What it replaced: known before it writes. */
  changes: readonly TagChange[];
  /** Of the twin that it made; absent where it is not known whether it wrote. */
  version?: number;
}

/** Devices of a part: the rows of a transaction, as those of a chunk. */
export const partDevices = 100;

/** Rows that are written together: with the largest tags before and after, what a transaction holds (4 MiB). */
const together = 50;

/**
 * What jobs replaced, so that it can be put back: in `TagJobValues` a partition for each job, with a row for each device by
 * the number of its chunk and its index there; of a job without chunks, by hundreds.
 */
export class ReplacedValues {
  constructor(private readonly tables: Pick<Tables, 'use'>) {}

  /** Keeps what is known of devices; what was known of them before is replaced. */
  async keep(jobId: string, part: number, devices: readonly (readonly [index: number, Replaced])[]): Promise<void> {
    const rows = devices.map(([index, replaced]) => ({
      partitionKey: jobId,
      rowKey: keyOf(part, index),
      ...toColumns('replaced', replaced),
    }));
    await this.tables.use('TagJobValues', async (table) => {
      for (let start = 0; start < rows.length; start += together)
        await table.putAll(rows.slice(start, start + together));
    });
  }

  /** What is known of the devices of a part, by their index. */
  async ofPart(jobId: string, part: number): Promise<Map<number, Replaced>> {
    const range = { partitionKey: jobId, prefix: `${padded(part)}|` };
    const { rows } = await this.tables.use('TagJobValues', (table) => table.list(range, partDevices));
    return new Map(rows.map((row) => [Number(row.rowKey.split('|')[1]), fromRow(row)]));
  }

  /** Whether anything is known of devices of later parts. */
  async areMore(jobId: string, part: number): Promise<boolean> {
    const range = { partitionKey: jobId, after: keyOf(part + 1, 0).slice(0, -1), columns: [] };
    return (await this.tables.use('TagJobValues', (table) => table.list(range, 1))).rows.length > 0;
  }
}

function fromRow(row: StoredRow): Replaced {
  return fromColumns('replaced', row) as Replaced;
}

function keyOf(part: number, index: number): string {
  return `${padded(part)}|${padded(index)}`;
}
