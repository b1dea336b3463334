import { momentOf } from '../changes/momentOf';
import { twinOf } from '../feed/feedChange';
import type { FeedEvent } from '../feed/feedEvent';
import { dropRows, type OldRows, oldRows } from '../feed/oldRows';
import type { FeedTables } from '../feed/streams';
import { workThrough } from '../workThrough';
import type { ChangeHistory } from './changeHistory';
import type { WriteLog } from './writeLog';

/** Twins whose changes are folded at a time. */
const atATime = 16;

/** How long a run goes on, in milliseconds: what is left is left to the next one. */
const runMs = 45_000;

/**
 * Lets go what is too old, of the feed, of the history, and of who made it. The feed is an index by time: its oldest rows,
 * which stand at the beginning of its streams, name the twins that have old changes. Those are folded before the rows
 * of the feed go; so whoever is cut off finds them there again.
 */
export class HistoryAge {
  constructor(
    private readonly tables: FeedTables,
    private readonly history: ChangeHistory,
    private readonly writes: WriteLog,
  ) {}

  /**
   * Forgets what happened before a time, until all of it is forgotten or a minute is nearly over.
   *
   * @returns how many rows of the feed were dropped, and whether there are more.
   */
  async forget(before: Date, end = performance.now() + runMs): Promise<{ rows: number; isMore: boolean }> {
    let rows = 0;
    for await (const old of oldRows(this.tables, before)) {
      if (!(await this.#fold(old, before, end))) return { rows, isMore: true };
      await dropRows(this.tables, old);
      rows += old.rows.length;
    }
    return { rows, isMore: false };
  }

  /** Whether the changes of all twins that these rows name were folded. */
  async #fold({ entries }: OldRows, before: Date, end: number): Promise<boolean> {
    // Of each twin up to its latest of them.
    const moments = new Map<string, { event: FeedEvent; moment: string }>();
    for (const { event } of entries) {
      const moment = momentOf(event);
      if (moment > (moments.get(event.subject)?.moment ?? '')) moments.set(event.subject, { event, moment });
    }
    let isWhole = true;
    await workThrough(moments, atATime, async ([subject, { event, moment }]) => {
      if (performance.now() > end || !(await this.history.fold(subject, moment))) {
        isWhole = false;
        return 'enough';
      }
      const { deviceId, moduleId } = twinOf(event);
      if (moduleId === undefined) await this.writes.forget(deviceId, before);
      return 'goOn';
    });
    return isWhole;
  }
}
