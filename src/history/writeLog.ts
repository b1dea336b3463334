import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage } from '../azure/tables/table';
import { type Tables, TablesError } from '../azure/tables/tables';

/** Who asked for a write, and why. */
export interface Author {
  by: string;
  reason?: string;
}

/** A write of a twin that was made through this app. */
export interface Write extends Author {
  version: number;
  /** When it was made, by the clock of the hub. */
  at: string;
}

/** How far the time of a write and that of its notification may be apart: of a device made again, versions start anew. */
const nearMs = 5 * 60_000;

/**
 * Who has written twins through this app, by twin and version: the hub tells neither. It is kept after the write, when its
 * version is known; a notification may be there before it, so it is looked up when somebody asks.
 */
export class WriteLog {
  constructor(private readonly tables: Pick<Tables, 'use'>) {}

  /**
   * Notes a write that was made. That the tables do not answer is no reason to call it failed: then nobody can tell who
   * made it.
   *
   * @param now the time of the hub; that of this app where it is not known.
   * @returns whether it was noted.
   */
  async note(deviceId: string, version: number, author: Author, now = new Date()): Promise<boolean> {
    const rowKey = `${keyOf(version)}|${now.toISOString()}`;
    const row = { partitionKey: encodeKey(deviceId), rowKey, ...toColumns('author', author) };
    try {
      await this.tables.use('TwinWrites', (table) => table.put(row));
      return true;
    } catch (error) {
      if (error instanceof TablesError) return false;
      throw error;
    }
  }

  /** The writes of a device that made these versions, as many as one request reads; oldest versions first. */
  async between(deviceId: string, first: number, last: number): Promise<Write[]> {
    const range = { partitionKey: encodeKey(deviceId), after: keyOf(first), before: keyOf(last + 1) };
    const { rows } = await this.tables.use('TwinWrites', (table) => table.list(range, maxRowsPerPage));
    return rows.map((row) => {
      const [version, at = ''] = row.rowKey.split('|');
      return { ...(fromColumns('author', row) as Author), version: Number(version), at };
    });
  }

  /** Forgets who made the writes of a device before a time, as many as one request reads. */
  async forget(deviceId: string, before: Date): Promise<void> {
    await this.tables.use('TwinWrites', async (table) => {
      const { rows } = await table.list({ partitionKey: encodeKey(deviceId), columns: [] }, maxRowsPerPage);
      await table.removeAll(rows.filter(({ rowKey }) => (rowKey.split('|')[1] ?? '') < before.toISOString()));
    });
  }
}

/** Of these writes, those that a change tells of: its version's, and those of versions that were merged into it. */
export function writesOf(
  { time, version = 0, previousVersion }: { time: string; version?: number; previousVersion?: number },
  writes: readonly Write[],
): Write[] {
  const after = previousVersion !== undefined && previousVersion < version ? previousVersion : version - 1;
  const isOf = (write: Write) =>
    write.version > after && write.version <= version && Math.abs(Date.parse(write.at) - Date.parse(time)) <= nearMs;
  return writes.filter(isOf);
}

function keyOf(version: number): string {
  return String(version).padStart(16, '0');
}
