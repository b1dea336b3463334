import { maxRowsPerPage } from '../azure/tables/table';
import type { TableName, Tables } from '../azure/tables/tables';
import { keptMs } from './limits';

/** Tables, and the pages that a run asks of each: the last has a row for each device, of which that is a million a day. */
const tables = [
  ['TagJobs', 1],
  ['TagJobFailures', 1],
  ['TagJobValues', 5],
] as const satisfies [TableName, number][];

/** Where in `Runs` the places are at which the next run goes on. */
const runs = 'sweepTagJobs';

/**
 * Forgets tag jobs and idempotency keys that were begun too long ago to be told of ({@link keptMs}).
 *
 * Rows go one by one, by when they were last written: whatever stands in a row was written after its job or key was
 * begun, so none goes that is told of still. A run asks each table for a few pages, and goes on where the last one stopped:
 * the service looks through the whole table, which may take it many pages without a row.
 */
export class TagJobSweep {
  constructor(private readonly store: Pick<Tables, 'use'>) {}

  /** How many rows were removed; some may be left to the next run. */
  async run(before = new Date(Date.now() - keptMs)): Promise<number> {
    let removed = 0;
    for (const [name, pages] of tables) {
      let isMore = true;
      for (let page = 0; page < pages && isMore; page++) {
        const swept = await this.#sweepPage(name, before);
        removed += swept.removed;
        isMore = swept.isMore;
      }
    }
    return removed;
  }

  async #sweepPage(name: TableName, before: Date): Promise<{ removed: number; isMore: boolean }> {
    const place = { partitionKey: runs, rowKey: name };
    const kept = await this.store.use('Runs', (table) => table.get(place.partitionKey, place.rowKey));
    // Before the page is asked for: a place that the service does not know any more is not gone to twice.
    if (kept) await this.store.use('Runs', (table) => table.remove(place.partitionKey, place.rowKey));
    const from = kept && String(kept.continuation);
    const { rows, continuation } = await this.store.use(name, async (table) => {
      const page = await table.list({ writtenBefore: before, columns: [] }, maxRowsPerPage, from);
      await table.removeAll(page.rows);
      return page;
    });
    if (continuation) await this.store.use('Runs', (table) => table.put({ ...place, continuation }));
    return { removed: rows.length, isMore: continuation !== undefined };
  }
}
