import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';

/** How far the listing of all located devices is, which may take several runs. */
export interface SweepState {
  /** Of the hub, for the next page; undefined at the start. */
  continuation?: string | undefined;
  /** When the last whole listing ended. */
  endedAt?: string | undefined;
}

const [runs, row] = ['runTwinQueries', 'sweep'] as const;

/** The partition of the devices that earlier runs of the listing have seen. */
const listed = 'listed';

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
    await this.tables.use('Runs', async (table) => {
      for (const deviceId of deviceIds) await table.put({ partitionKey: listed, rowKey: encodeKey(deviceId) });
    });
  }

  async wasListed(deviceId: string): Promise<boolean> {
    return (await this.tables.use('Runs', (table) => table.get(listed, encodeKey(deviceId)))) !== undefined;
  }

  async forgetListed(): Promise<void> {
    await this.tables.use('Runs', async (table) => {
      const next = () => table.list({ partitionKey: listed, columns: [] }, maxRowsPerPage);
      for (let page = await next(); page.rows.length > 0; page = await next()) {
        for (const { rowKey } of page.rows) await table.remove(listed, rowKey);
      }
    });
  }
}
