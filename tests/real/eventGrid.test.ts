import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { startWebhook, type Webhook } from '../../emulator/tests/support/webhook';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { SeenEvents } from '../../src/changes/seenEvents';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { call, recordingContext } from '../app/functionCalls';
import { startTables, type TestStorage } from '../support/azurite';
import { buildReal, describeReal } from './dotnet';
import { readReal } from './reading';
import { killReal, runReal } from './realProcess';

/** What the extension's webhook answered, and what it called the function with. */
interface Answer {
  status: number;
  delivered: { event: string }[];
}

/** Strings that a reader of dates rewrites, and what only looks like them. */
const tags = {
  plain: 'Redmond43',
  offset: '2026-11-28T21:32:16.8820000+00:00',
  zeros: '2026-11-28T21:32:16.8820000Z',
  old: '/Date(1700000000000)/',
  date: '2026-11-28',
  // Beyond the last date of .NET: Newtonsoft.Json throws instead of leaving it.
  late: '9999-12-31T24:00:00Z',
  later: '/Date(253402300800000)/',
  deep: { list: { at: '2026-11-28T16:32:16-05:00' } },
};

describeReal('a change on its way through the real parts', () => {
  let emulator: TestEmulator;
  let storage: TestStorage;
  let webhook: Webhook;
  let services: Services;
  let changes = 0;

  beforeAll(async () => {
    buildReal();
    webhook = await startWebhook();
    const hub = { name: 'twin-changes', partitionCount: 1, retentionHours: 1, consumerGroups: ['relay'] };
    const subscription = { name: 's', webhook: webhook.url, maxEventsPerBatch: 10 };
    emulator = await startEmulator({
      topology: {
        routes: [{ name: 'changes', source: 'TwinChangeEvents', condition: 'true', eventHub: 'twin-changes' }],
        eventHubs: { connectionSetting: 'TwinChanges', hubs: [hub] },
        topic: { name: 't', endpointSetting: 'TOPIC', keySetting: 'KEY', subscriptions: [subscription] },
      },
    });
    storage = await startTables();
    services = createServices(
      readSettings({
        IOTHUB_CONNECTION_STRING: emulator.hub.env.IOTHUB_CONNECTION_STRING,
        TwinChangesTopic__topicEndpointUri: emulator.hub.env.TOPIC,
        TWIN_TABLES_CONNECTION_STRING: storage.connectionString,
      }),
    );
  }, 120_000);
  afterEach(killReal);
  afterAll(async () => {
    webhook.stop();
    await Promise.all([emulator.stop(), storage.stop()]);
  });

  /** Tags a new device; answers the event that the relay makes of it, of what the real client reads. */
  async function tagNewDevice(deviceId: string) {
    const registry = emulator.registry();
    await registry.create({ deviceId } as Parameters<typeof registry.create>[0]);
    await registry.updateTwin(deviceId, { tags }, '*');
    const [partition] = await readReal(emulator.hub.env.TwinChanges ?? '', 'twin-changes', ++changes);
    const metadata = Object.entries(partition?.metadata ?? {}).map(([name, json]) => [name, JSON.parse(json)]);
    const { context, logged } = recordingContext(Object.fromEntries(metadata));
    const bodies = partition?.bodies.map((body) => JSON.parse(body)) ?? [];
    const events = (await relayTwinChanges(bodies, context, services)) ?? [];
    expect(logged).toEqual([expect.stringMatching(`relaying ${changes} of ${changes} notifications`)]);
    const event = events.find(({ subject }) => subject === `devices/${deviceId}`);
    if (!event) throw new Error(`There is no event of ${deviceId}: ${JSON.stringify(events)}`);
    return event;
  }

  /** Publishes what a function returned, by the real output binding. */
  function publish(returned: unknown, key = emulator.hub.env.KEY ?? '') {
    const trust = { SSL_CERT_FILE: emulator.hub.env.NODE_EXTRA_CA_CERTS };
    return runReal(['publish', emulator.hub.env.TOPIC ?? '', key], [JSON.stringify(returned)], trust);
  }

  test('leaves the output binding with another spelling of its time, and else as it was returned', async () => {
    const returned = await tagNewDevice('d1');
    expect(await publish([returned])).toEqual([{ error: null }]);
    const { body } = await webhook.next();
    const time = returned.time.replace(/\.?0*Z$/, '+00:00');
    expect(body).toEqual([JSON.parse(JSON.stringify({ ...returned, time }))]);
  });

  test('is refused by the topic with a reason that the invocation fails with', async () => {
    const event = { specversion: '1.0', id: '1', source: 's', type: 't', data: {} };
    expect(await publish([event], 'wrong')).toEqual([{ error: expect.stringContaining('401') }]);
  });

  test.each([
    ['UTC', /\+00:00$/],
    ['America/New_York', /-0[45]:00$/],
  ])('reaches the app as it was, from a host in %s', async (zone, spelling) => {
    const deviceId = `in-${zone.replace('/', '-')}`;
    const returned = await tagNewDevice(deviceId);
    await publish([returned]);
    const { body, headers } = await webhook.next();

    const request = {
      function: 'onTwinChange',
      method: 'POST',
      headers: { 'aeg-event-type': headers['aeg-event-type'] },
      body: JSON.stringify(body),
    };
    const [answer] = await runReal<Answer>(['webhook'], [request], { TZ: zone });
    expect(answer?.status).toBe(202);
    const event = JSON.parse(answer?.delivered[0]?.event ?? '') as { time: string };
    expect(event.time).toMatch(spelling);

    const { context, logged } = recordingContext();
    await onTwinChange(event, context, services, new SeenEvents());
    expect(logged).toEqual([expect.stringContaining(`devices/${deviceId} changed`)]);
    const { body: history } = await call(endpoint(deviceChanges, services), { method: 'GET', params: { deviceId } });
    const [change] = (history as { changes: { time: string; values: { path: string; after: unknown }[] }[] }).changes;
    expect(change?.time).toBe(returned.time);
    expect(Object.fromEntries(change?.values.map(({ path, after }) => [path, after]) ?? [])).toEqual({
      'tags.plain': tags.plain,
      'tags.offset': tags.offset,
      'tags.zeros': tags.zeros,
      'tags.old': tags.old,
      'tags.date': tags.date,
      'tags.late': tags.late,
      'tags.later': tags.later,
      'tags.deep.list.at': tags.deep.list.at,
    });
  });
});
