import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { maxRowsPerPage, pagesOf, type Row } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { type Level, levels, startOf } from './levels';
import type { TrendPoint } from './trendPoint';

/** How early a timer may fire, or the clock that tells it be slow: a run at 11:59:59 is that of noon. */
const earlyMs = 5000;

/**
 * The counts of all runs of the timer: a partition for each level, with the first point of each of its steps. So a long
 * span is read by few rows, and thinning is to drop those of a finer level.
 */
export class TrendLog {
  constructor(private readonly tables: Pick<Tables, 'use'>) {}

  /**
   * Keeps what a run counted. A run that is repeated, or that two instances made at once, is one point: its key is the
   * minute, by the clock of the hub, which instances have in common.
   */
  async keep(point: TrendPoint): Promise<void> {
    const at = Date.parse(point.at) + earlyMs;
    const columns = toColumns('point', point);
    await this.tables.use('Trends', async (table) => {
      for (const level of levels) {
        const row: Row = { partitionKey: level.name, rowKey: new Date(startOf(level, at)).toISOString(), ...columns };
        if (level.name === 'run') await table.put(row);
        // Who begins a step looks for what is too old by now: once an hour, once a day.
        else if (await table.addAll([row])) await this.#drop(at);
      }
    });
  }

  /** The points of a level from one moment until another, in their order. */
  async read({ name }: Level, from: number, to: number): Promise<TrendPoint[]> {
    const [after = '', before = ''] = [from - 1, to + earlyMs].map((moment) => new Date(moment).toISOString());
    return this.tables.use('Trends', async (table) => {
      const points: TrendPoint[] = [];
      for await (const rows of pagesOf(table, { partitionKey: name, after, before })) {
        for (const row of rows) points.push({ ...(fromColumns('point', row) as TrendPoint), at: row.rowKey });
      }
      return points;
    });
  }

  /** A page of each level: the first rows are the oldest. */
  async #drop(now: number): Promise<void> {
    await this.tables.use('Trends', async (table) => {
      for (const { name, keptMs } of levels.filter((level) => Number.isFinite(level.keptMs))) {
        const { rows } = await table.list({ partitionKey: name, columns: [] }, maxRowsPerPage);
        const oldest = new Date(now - keptMs).toISOString();
        await table.removeAll(rows.filter(({ rowKey }) => rowKey < oldest));
      }
    });
  }
}
