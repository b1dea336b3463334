import { Hub } from '../azure/hub/hub';
import { HubConnection } from '../azure/hub/hubConnection';
import type { CallOptions } from '../azure/hub/operationKind';
import { quotasOf } from '../azure/hub/quotas';
import { Queue } from '../azure/queue/queue';
import { type Tables, tablesAt } from '../azure/tables/tables';
import { PutAside } from '../changes/putAside';
import { SettingError } from '../errors/settingError';
import { FeedReader } from '../feed/feedReader';
import { FeedWriter } from '../feed/feedWriter';
import { MoveWriter } from '../feed/moveWriter';
import { ChangeHistory } from '../history/changeHistory';
import { HistoryAge } from '../history/historyAge';
import { WriteLog } from '../history/writeLog';
import { DriftLog } from '../members/drift';
import { FillLog } from '../members/fillState';
import { Members } from '../members/members';
import { MovesLog } from '../members/moves';
import { Sweep } from '../members/sweep';
import { TagJobStore } from '../tagJobs/tagJobStore';
import { TagJobSweep } from '../tagJobs/tagJobSweep';
import { TrendLog } from '../trends/trendLog';
import { need, type Settings } from './settings';

/** What functions work with. */
export interface Services {
  settings: Settings;
  /**
   * The hub, for calls that may each take so long; interactive ones unless told otherwise.
   *
   * @throws SettingError when the hub is not configured.
   */
  hub(deadlineMs: number, options?: CallOptions): Hub;
  /**
   * What the app keeps in Table Storage; undefined where no tables are configured.
   *
   * @throws SettingError when their setting is invalid.
   */
  records(): Records | undefined;
  /**
   * The queue of tag jobs; undefined where none is configured.
   *
   * @throws SettingError when its setting is invalid.
   */
  queue(): Pick<Queue, 'send'> | undefined;
}

/** What the app keeps. */
export interface Records {
  feedWriter: FeedWriter;
  feedReader: FeedReader;
  history: ChangeHistory;
  writes: WriteLog;
  age: HistoryAge;
  members: Members;
  moves: MovesLog;
  sweep: Sweep;
  drift: DriftLog;
  fill: FillLog;
  putAside: PutAside;
  tagJobs: TagJobStore;
  tagJobSweep: TagJobSweep;
  trends: TrendLog;
}

/**
 * What the app keeps, for an invocation that is about nothing else.
 *
 * @throws SettingError when no tables are configured.
 */
export function needRecords({ records }: Services): Records {
  const found = records();
  if (found) return found;
  throw new SettingError({
    setting: 'TWIN_TABLES_ENDPOINT',
    problem: 'is missing, and so is TWIN_TABLES_CONNECTION_STRING',
    example: 'https://my-account.table.core.windows.net',
  });
}

/**
 * The queue of tag jobs, for what cannot do without it.
 *
 * @throws SettingError when none is configured.
 */
export function needQueue({ queue }: Services): Pick<Queue, 'send'> {
  const found = queue();
  if (found) return found;
  throw new SettingError({
    setting: 'TagJobs__queueServiceUri',
    problem:
      'is missing, and so is TagJobs, a connection string: without a queue only what fits into a request is tagged',
    example: 'https://my-account.queue.core.windows.net',
  });
}

/** Services by settings; the connection to the hub is made when it is first needed. */
export function createServices(settings: Settings): Services {
  let connection: HubConnection | undefined;
  let records: Records | undefined;
  let queue: Queue | undefined;
  return {
    settings,
    hub(deadlineMs, options) {
      connection ??= new HubConnection(need(settings.hub), {
        quotas: quotasOf(need(settings.sku), need(settings.units)),
      });
      return new Hub(connection, deadlineMs, options);
    },
    records() {
      const address = need(settings.tables);
      if (address && !records) records = openRecords(tablesAt(address), need(settings.location));
      return records;
    },
    queue() {
      const address = need(settings.tagJobs);
      if (address) queue ??= new Queue(address, need(settings.tagJobsQueue));
      return queue;
    },
  };
}

/** What the app keeps, in these tables; `watched` is the location whose moves are told. */
export function openRecords(tables: Tables, watched: string): Records {
  const writes = new WriteLog(tables);
  const history = new ChangeHistory(tables, writes);
  return {
    feedWriter: new FeedWriter(tables),
    feedReader: new FeedReader(tables),
    history,
    age: new HistoryAge(tables, history, writes),
    writes,
    members: new Members(tables, watched, new MoveWriter(tables)),
    moves: new MovesLog(tables),
    sweep: new Sweep(tables),
    drift: new DriftLog(tables),
    fill: new FillLog(tables),
    putAside: new PutAside(tables),
    tagJobs: new TagJobStore(tables, writes, history),
    tagJobSweep: new TagJobSweep(tables),
    trends: new TrendLog(tables),
  };
}
