import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import type { Tables } from '../azure/tables/tables';
import type { Whereabouts } from './whereabouts';

/** How far the first fill is: the listing of all devices that were there before the app. */
export interface FillState {
  /** Of the step that comes next; its message has the same. */
  number: number;
  /** Devices to list, as the query index counted them at the start, and those that are listed. */
  total: number;
  listed: number;
  /** Devices that were listed last: the next step takes them in, whoever works it and how often. */
  devices: [deviceId: string, whereabouts: Whereabouts][];
  /** Of the hub, for the next page. */
  continuation?: string | undefined;
  /** Whether the last page is listed. */
  isListed: boolean;
}

const [runs, row] = ['runTwinQueries', 'fill'] as const;

/** The memory of the first fill. */
export class FillLog {
  constructor(private readonly tables: Pick<Tables, 'use'>) {}

  async read(): Promise<{ state: FillState; etag: string } | undefined> {
    const kept = await this.tables.use('Runs', (table) => table.get(runs, row));
    return kept && { state: fromColumns('fill', kept) as FillState, etag: kept.etag };
  }

  /** Writes it where it is as it was read; without an etag, where there is none. */
  write(state: FillState, etag: string | undefined): Promise<string | undefined> {
    const columns = toColumns('fill', state);
    return this.tables.use('Runs', (table) => table.putIf({ partitionKey: runs, rowKey: row, ...columns }, etag));
  }

  /** How much of the fleet was taken in, from 0 to 1. */
  async share(): Promise<number> {
    const { state } = (await this.read()) ?? {};
    if (!state) return 0;
    return Math.min(1, Math.floor((100 * (state.listed - state.devices.length)) / Math.max(1, state.total)) / 100);
  }
}
