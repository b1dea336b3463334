import { Message } from 'azure-iot-device';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { MqttPeer } from './support/mqttPeer';
import { deviceOf, report } from './support/sdkDevice';

const hub = (name: string) => ({ name, partitionCount: 1, retentionHours: 1, consumerGroups: [] });

let emulator: TestEmulator;
afterEach(() => emulator.stop());

async function start(topology: object): Promise<void> {
  emulator = await startEmulator({
    topology: {
      routes: [],
      eventHubs: { connectionSetting: 'EventHubs', hubs: [hub('taken')] },
      ...topology,
    },
  });
  await emulator.registry().create({ deviceId: 'd1' });
}

const taken = (count: number) =>
  readEvents({ connectionString: emulator.hub.env.EventHubs ?? '', eventHub: 'taken', count });

interface Telemetry {
  body: unknown;
  alert?: string;
  type?: 'application/json';
}

async function send(messages: Telemetry[]): Promise<void> {
  const device = await deviceOf(emulator.hub, 'd1');
  for (const { body, alert, type = 'application/json' } of messages) {
    const message = new Message(JSON.stringify(body));
    message.contentType = type;
    message.contentEncoding = 'utf-8';
    if (alert !== undefined) message.properties.add('alert', alert);
    await device.sendEvent(message);
  }
  await device.close();
}

const messages: Telemetry[] = [
  { body: { level: 1 }, alert: 'yes' },
  { body: { level: 5, place: { room: 'B' }, days: [{ month: 'Jan' }, { month: 'Feb' }], at: '2026-01-02T03:04:05Z' } },
  { body: { level: 9 }, type: 'text/plain' as never },
  { body: { level: 7 }, alert: '12' },
];

test.each([
  ["alert = 'yes'", [1]],
  ["Alert = 'yes'", [1]],
  ['$body.level > 4', [5, 7]],
  ["$body.place.room = 'B' OR alert = 'yes'", [1, 5]],
  ['is_defined(alert) AND NOT ($body.level = 1)', [7]],
  ['as_number(alert) >= 12', [7]],
  ["$connectionDeviceId = 'd1' AND $contentType = 'text/plain'", [9]],
  ["$twin.tags.site = 'A' AND alert = 'yes'", [1]],
  ["$twin.tags.site = 'B'", []],
  ["nothing = 'x'", []],
  ["$body.days[1].month = 'Feb'", [5]],
  ["$body.days[2].month = 'Feb' OR $body.days.month = 'Feb'", []],
  // Of primitive types only: no objects, no arrays, no date-times, which .NET makes of such text.
  ['is_defined($body.place.room)', [5]],
  ['is_defined($body.place) OR is_defined($body.days) OR is_defined($body.at) OR is_defined($twin.tags)', []],
  ['is_defined($twin.tags.site) AND is_defined($body.days[0].month)', [5]],
])('the condition %s takes %j', async (condition, levels) => {
  const last = "alert = 'last'";
  await start({
    routes: [{ name: 'r', source: 'DeviceMessages', condition: `(${condition}) OR ${last}`, eventHub: 'taken' }],
  });
  await emulator.registry().updateTwin('d1', { tags: { site: 'A' } }, '*');
  await send([...messages, { body: { level: 0 }, alert: 'last' }]);
  const events = await taken(levels.length + 1);
  expect(events.map(({ body }) => (typeof body === 'string' ? JSON.parse(body) : body).level)).toEqual([...levels, 0]);
});

test('a condition on twin changes reads their body', async () => {
  await start({
    routes: [
      {
        name: 'r',
        source: 'TwinChangeEvents',
        condition: "opType = 'updateTwin' AND is_defined($body.properties.reported.connectivity)",
        eventHub: 'taken',
      },
    ],
  });
  await emulator.registry().updateTwin('d1', { tags: { site: 'A' } }, '*');
  const device = await deviceOf(emulator.hub, 'd1');
  await report(await device.getTwin(), { connectivity: 'wifi' });
  await device.close();
  const [event] = await taken(1);
  expect(event?.body.properties.reported.connectivity).toBe('wifi');
});

describe('the built-in endpoint', () => {
  const builtIn = (count: number) =>
    readEvents({
      connectionString: emulator.hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '',
      eventHub: 'iothub-ehub-localhost',
      count,
    });

  test('has the telemetry that no route takes', async () => {
    await start({
      routes: [{ name: 'r', source: 'DeviceMessages', condition: "alert = 'yes'", eventHub: 'taken' }],
      builtInEndpoint: { partitionCount: 1 },
    });
    await send(messages);
    expect((await builtIn(3)).map(({ properties }) => properties?.alert)).toEqual([undefined, undefined, '12']);
    expect(await taken(1)).toHaveLength(1);
  });

  test('has nothing without the fallback route but what a route takes there', async () => {
    await start({
      routes: [{ name: 'r', source: 'DeviceMessages', condition: "alert = '12'", eventHub: 'events' }],
      builtInEndpoint: { partitionCount: 1 },
      fallbackRoute: false,
    });
    await send(messages);
    expect((await builtIn(1)).map(({ properties }) => properties?.alert)).toEqual(['12']);
  });
});

test('enrichments add text, the name of the hub and values of the twin', async () => {
  const enrich = (key: string, value: string) => ({ key, value, eventHubs: ['taken'] });
  await start({
    routes: [{ name: 'r', source: 'DeviceMessages', condition: 'true', eventHub: 'taken' }],
    enrichments: [
      enrich('fleet', 'north'),
      enrich('hub', '$iothubname'),
      enrich('site', '$twin.tags.site'),
      enrich('rate', '$twin.properties.desired.rate'),
      enrich('missing', '$twin.tags.nothing'),
    ],
  });
  await emulator.registry().updateTwin('d1', { tags: { site: 'A' }, properties: { desired: { rate: 5 } } }, '*');
  await send([{ body: {}, alert: 'yes' }]);
  const [event] = await taken(1);
  expect(event?.properties).toEqual({ alert: 'yes', fleet: 'north', hub: 'localhost', site: 'A', rate: '5' });
});

test('a condition on $twin reads the twin of the module that sent', async () => {
  const condition = "$twin.tags.of = 'module'";
  await start({ routes: [{ name: 'r', source: 'DeviceMessages', condition, eventHub: 'taken' }] });
  const registry = emulator.registry();
  await registry.addModule({ deviceId: 'd1', moduleId: 'm1' });
  await registry.updateTwin('d1', { tags: { of: 'device' } }, '*');
  await registry.updateModuleTwin('d1', 'm1', { tags: { of: 'module' } }, '*');
  const peer = await MqttPeer.open(emulator.hub, 'd1/m1');
  peer.publish('devices/d1/modules/m1/messages/events/', '"taken"');
  expect((await taken(1))[0]?.body).toBeDefined();
  peer.drop();
});

test('a condition knows the component and the model of a Plug and Play device', async () => {
  const condition = "$dt-subject = 'thermostat1' AND $dt-dataschema = 'dtmi:com:example:Controller;1'";
  await start({ routes: [{ name: 'r', source: 'DeviceMessages', condition, eventHub: 'taken' }] });
  const username = 'localhost/d1/?api-version=2021-04-12&model-id=dtmi%3Acom%3Aexample%3AController%3B1';
  const peer = await MqttPeer.open(emulator.hub, 'd1', { username });
  peer.publish('devices/d1/messages/events/$.sub=other', '1');
  peer.publish('devices/d1/messages/events/$.sub=thermostat1', '2');
  const [event] = await taken(1);
  expect(event?.systemProperties).toMatchObject({
    'dt-subject': 'thermostat1',
    'dt-dataschema': 'dtmi:com:example:Controller;1',
  });
  peer.drop();
});

test('a topology may be a route to the built-in endpoint alone', async () => {
  emulator = await startEmulator({
    topology: {
      routes: [{ name: 'r', source: 'TwinChangeEvents', condition: 'true', eventHub: 'events' }],
      builtInEndpoint: { partitionCount: 1 },
    },
    devices: ['d1'],
  });
  await emulator.registry().updateTwin('d1', { tags: { site: 'A' } }, '*');
  const connectionString = emulator.hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '';
  const [event] = await readEvents({ connectionString, eventHub: 'iothub-ehub-localhost', count: 1 });
  expect(event?.body).toMatchObject({ tags: { site: 'A' } });
});
