import { Hub } from './hub/hub';
import { HubConnection } from './hub/hubConnection';
import { need, readSettings, type Settings } from './settings';

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
  /** @throws SettingError when the hub is not configured. */
  hub(deadlineMs: number): Hub;
}

/** Services by settings; the connection to the hub is made when it is first needed. */
export function createServices(settings: Settings): Services {
  let connection: HubConnection | undefined;
  return {
    settings,
    hub(deadlineMs) {
      connection ??= new HubConnection(need(settings.hub));
      return new Hub(connection, deadlineMs);
    },
  };
}

/** The services of this process. */
export const services = createServices(readSettings(process.env));
