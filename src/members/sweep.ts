import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { pagesOf, toTransactions } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { partitionOf, partitions } from './deviceState';

/** How far the listing of all located devices is, which may take several runs. */
export interface SweepState {
  /** Of the hub, for the next page; undefined at the start. */
  continuation?: string | undefined;
  /** When the last whole listing ended. */
  endedAt?: string | undefined;
  /** Whether the states of earlier versions were moved. */
  isMoved?: boolean | undefined;
}

const [runs, row] = ['runTwinQueries', 'sweep'] as const;

/** The partition of the devices that earlier runs of the listing have seen, of those of a partition of states. */
const listed = (partition: string) => `listed|${partition}`;

/** Where earlier versions had them all. */
const oldListed = 'listed';

/** The memory of the listing of all located devices, from one run to the next. */
export class Sweep {
  constructor(private readonly tables: Pick<Tables, 'use'>) {}

  async read(): Promise<SweepState> {
    const kept = await this.tables.use('Runs', (table) => table.get(runs, row));
    return kept ? (fromColumns('state', kept) as SweepState) : {};
  }

  async write(state: SweepState): Promise<void> {
    const columns = toColumns('state', state);
    await this.tables.use('Runs', (table) => table.put({ partitionKey: runs, rowKey: row, ...columns }));
  }

  /** Notes devices that were listed, for the runs that go on with the listing. */
  async keepListed(deviceIds: Iterable<string>): Promise<void> {
    const rows = [...deviceIds].map((id) => ({ partitionKey: listed(partitionOf(id)), rowKey: encodeKey(id) }));
    await this.tables.use('Runs', async (table) => {
      for (const part of toTransactions(rows)) await table.putAll(part);
    });
  }

  /** The keys of noted devices, of those of a partition of states. */
  async listedIn(partition: string): Promise<Set<string>> {
    return this.tables.use('Runs', async (table) => {
      const keys = new Set<string>();
      for await (const rows of pagesOf(table, { partitionKey: listed(partition), columns: [] })) {
        for (const { rowKey } of rows) keys.add(rowKey);
      }
      return keys;
    });
  }

  async forgetListed(): Promise<void> {
    await this.tables.use('Runs', async (table) => {
      for (const partitionKey of [oldListed, ...partitions.map(listed)]) {
        for await (const rows of pagesOf(table, { partitionKey, columns: [] })) await table.removeAll(rows);
      }
    });
  }
}
