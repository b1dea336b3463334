import { readFileSync } from 'node:fs';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { reactionMeans } from '../../src/app/reactionMeans';
import { createServices, needRecords, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { parseConnectionString } from '../../src/azure/hub/hubAddress';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import type { Tables } from '../../src/azure/tables/tables';
import type { TwinChange } from '../../src/changes/twinEvent';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import type { JsonObject } from '../../src/json';
import { standingOf } from '../../src/members/standing';
import { react } from '../../src/reactions/react';
import { memoryTables } from '../support/memoryTables';
import { keepingIn, recordingContext } from './functionCalls';

/** The app's members, and a hub that has the devices. */
export interface MembersSetup {
  emulator: TestEmulator;
  tables: Tables;
  services: Services;
  servicesWith(env: Record<string, string>): Services;
  /** The lines of a run that are about members. */
  run(): Promise<string[]>;
  create(...deviceIds: string[]): Promise<void>;
  patch(deviceId: string, patch: { tags?: JsonObject; properties?: { desired: JsonObject } }): Promise<void>;
  tag(deviceId: string, plant: string | null): Promise<void>;
  /** Tells the app of a change that the hub may know nothing of, with the version that the twin has. */
  tell(deviceId: string, change: Omit<TwinChange, 'operation' | 'version'> | 'Deleted', time?: string): Promise<void>;
  present(location: string, connectivity?: string): Promise<string[]>;
  comparedAt(): Promise<string | null>;
}

/** Where these tests have the connectivity: what a service can write. */
const env = { CONNECTIVITY_PATH: 'properties.desired.connectivity' };

export async function startMembers(options: Parameters<typeof startEmulator>[0] = {}): Promise<MembersSetup> {
  const emulator = await startEmulator(options);
  const tables = memoryTables();
  const { IOTHUB_CONNECTION_STRING = '', NODE_EXTRA_CA_CERTS = '' } = emulator.hub.env;
  const connection = new HubConnection(parseConnectionString(IOTHUB_CONNECTION_STRING), {
    ca: readFileSync(NODE_EXTRA_CA_CERTS, 'utf8'),
  });
  const hub: Services['hub'] = (deadlineMs, callOptions) => new Hub(connection, deadlineMs, callOptions);
  const registry = emulator.registry();
  const setup: MembersSetup = {
    emulator,
    tables,
    servicesWith: (more) => keepingIn(tables, { ...createServices(readSettings({ ...env, ...more })), hub }),
    services: undefined as unknown as Services,
    async run() {
      const { context, logged } = recordingContext();
      await runTwinQueries(context, setup.services);
      return logged.filter((line) => /: (moves|members)/.test(line)).map((line) => line.replace(/ since=.*/, ''));
    },
    async create(...deviceIds) {
      for (const deviceId of deviceIds) await registry.create({ deviceId });
    },
    async patch(deviceId, patch) {
      await registry.updateTwin(deviceId, patch, '*');
    },
    tag: (deviceId, plant) => setup.patch(deviceId, { tags: { location: { plant } } }),
    async tell(deviceId, change, time = new Date().toISOString().replace('Z', '0000Z')) {
      const known = await setup.services
        .hub(5000)
        .getTwin(deviceId)
        .catch(() => undefined);
      const version = known?.version ?? 1;
      const envelope = {
        specversion: '1.0' as const,
        id: `hub/${deviceId}//${time}/${version}`,
        source: 'iothub/hub',
        subject: `devices/${deviceId}`,
        time,
      };
      const event =
        change === 'Deleted'
          ? { ...envelope, type: 'DeviceTwins.DeviceDeleted' as const, data: {} }
          : {
              ...envelope,
              type: 'DeviceTwins.TwinChanged' as const,
              data: { ...change, operation: 'update' as const, version },
            };
      await react(event, reactionMeans(setup.services));
    },
    async present(location, connectivity) {
      const where = { location, ...(connectivity === undefined ? {} : { connectivity }) };
      const page = await setup.services.records()?.members.list(where, 1000);
      return (page?.members ?? []).map(({ deviceId }) => deviceId).sort();
    },
    comparedAt: async () => (await standingOf(needRecords(setup.services))).comparedAt,
  };
  setup.services = setup.servicesWith({});
  return setup;
}
