import { PutAside } from './changes/putAside';
import { ChangeHistory } from './history/changeHistory';
import { Hub } from './hub/hub';
import { HubConnection } from './hub/hubConnection';
import type { CallOptions } from './hub/operationKind';
import { Members } from './members/members';
import { MovesLog } from './members/moves';
import { Sweep } from './members/sweep';
import { need, readSettings, SettingError, type Settings } from './settings';
import { Tables } from './tables/tables';

/** How long a call to the hub may take over all its attempts, in milliseconds. */
export const deadlines = {
  /** Somebody waits. */
  request: 15_000,
  /** Nobody waits, and a hub that throttles first answers slowly, then by the minute. */
  background: 60_000,
};

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
}

/** What the app keeps. */
export interface Records {
  history: ChangeHistory;
  members: Members;
  moves: MovesLog;
  sweep: Sweep;
  putAside: PutAside;
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

/** Services by settings; the connection to the hub is made when it is first needed. */
export function createServices(settings: Settings): Services {
  let connection: HubConnection | undefined;
  let records: Records | undefined;
  return {
    settings,
    hub(deadlineMs, options) {
      connection ??= new HubConnection(need(settings.hub));
      return new Hub(connection, deadlineMs, options);
    },
    records() {
      const address = need(settings.tables);
      if (address && !records) records = openRecords(new Tables(address), need(settings.location));
      return records;
    },
  };
}

function openRecords(tables: Tables, watched: string): Records {
  return {
    history: new ChangeHistory(tables),
    members: new Members(tables, watched),
    moves: new MovesLog(tables),
    sweep: new Sweep(tables),
    putAside: new PutAside(tables),
  };
}

/** The services of this process. */
export const services = createServices(readSettings(process.env));
