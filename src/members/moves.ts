import { encodeKey } from '../azure/tables/keys';
import { pagesOf, type StoredRow, type Table } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import type { Whereabouts } from './whereabouts';

/** Who joined a location, or a connectivity at a location, and who left it. */
export interface Moves {
  joined: string[];
  left: string[];
}

const [runs, lastRun] = ['runTwinQueries', 'moves'] as const;

/** Who came and went at the watched location, whose leaving devices stay in the list of members, marked. */
export class MovesLog {
  constructor(private readonly tables: Tables) {}

  /** When the moves were last told; undefined where they never were. */
  async toldAt(): Promise<string | undefined> {
    const row = await this.tables.use('Runs', (table) => table.get(runs, lastRun));
    return row && String(row.at);
  }

  /** Who moved after one moment and until another: who came and went in between is in neither list. */
  async between(where: Partial<Whereabouts>, from: string, to: string): Promise<Moves> {
    const rows = await this.#rows(where, { later: { movedAt: from } });
    const devices = new Map<string, { wasThere: boolean; isThere: boolean }>();
    for (const { deviceId, since, movedAt, isPresent } of rows) {
      if (String(movedAt) > to) continue;
      // A device that changes its connectivity has a row for each.
      const { wasThere = false, isThere = false } = devices.get(String(deviceId)) ?? {};
      devices.set(String(deviceId), {
        wasThere: wasThere || String(since) <= from,
        isThere: isThere || isPresent === true,
      });
    }
    const those = (wanted: (is: { wasThere: boolean; isThere: boolean }) => boolean) =>
      [...devices].filter(([, is]) => wanted(is)).map(([deviceId]) => deviceId);
    return {
      joined: those(({ wasThere, isThere }) => isThere && !wasThere),
      left: those(({ wasThere, isThere }) => wasThere && !isThere),
    };
  }

  /** Notes that moves until a moment were told, and forgets who left a location before the last time. */
  async setTold(location: string, at: string): Promise<void> {
    const before = await this.toldAt();
    const gone = await this.#rows({ location }, { equal: { isPresent: false } });
    await this.tables.use('Members', async (table) => {
      for (const row of gone) if (before !== undefined && String(row.movedAt) <= before) await forget(table, row);
    });
    await this.tables.use('Runs', (table) => table.put({ partitionKey: runs, rowKey: lastRun, at }));
  }

  #rows({ location = '', connectivity }: Partial<Whereabouts>, filter: object): Promise<StoredRow[]> {
    const prefix = connectivity === undefined ? {} : { prefix: `${encodeKey(connectivity)}|` };
    const range = { partitionKey: encodeKey(location), ...prefix, ...filter };
    return this.tables.use('Members', async (table) => {
      const rows: StoredRow[] = [];
      for await (const page of pagesOf(table, range)) rows.push(...page);
      return rows;
    });
  }
}

function forget(table: Table, { partitionKey, rowKey, etag }: StoredRow): Promise<void> {
  // With its etag: the device may have come back since.
  return table.remove(partitionKey, rowKey, etag);
}
