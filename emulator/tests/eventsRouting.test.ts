import { Message } from 'azure-iot-device';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { deviceOf, report } from './support/sdkDevice';

const topology = {
  routes: [
    { name: 'twins', source: 'TwinChangeEvents', condition: 'true', eventHub: 'changes' },
    { name: 'lifecycle', source: 'DeviceLifecycleEvents', condition: 'true', eventHub: 'changes' },
    { name: 'again', source: 'DeviceLifecycleEvents', condition: 'true', eventHub: 'changes' },
    { name: 'off', source: 'TwinChangeEvents', condition: 'true', eventHub: 'telemetry', isEnabled: false },
    { name: 'telemetry', source: 'DeviceMessages', condition: 'true', eventHub: 'telemetry' },
  ],
  eventHubs: {
    connectionSetting: 'EventHubs',
    hubs: [
      { name: 'changes', partitionCount: 1, retentionHours: 1, consumerGroups: [] },
      { name: 'telemetry', partitionCount: 1, retentionHours: 1, consumerGroups: [] },
    ],
  },
};

let emulator: TestEmulator;
beforeEach(async () => {
  emulator = await startEmulator({ topology });
});
afterEach(() => emulator.stop());

const read = (eventHub: string, count: number) =>
  readEvents({ connectionString: emulator.hub.env.EventHubs ?? '', eventHub, count });

test('the life of a device and of its twin is told in order, each change once', async () => {
  const registry = emulator.registry();
  await registry.create({ deviceId: 'd1' });
  await registry.updateTwin('d1', { tags: { site: 'A' }, properties: { desired: { rate: 5 } } }, '*');
  const device = await deviceOf(emulator.hub, 'd1');
  await report(await device.getTwin(), { connectivity: 'cellular' });
  await device.close();
  await registry.delete('d1');
  const events = await read('changes', 4);
  expect(events.map(({ properties, body }) => [properties?.opType, body.version])).toEqual([
    ['createDeviceIdentity', 2],
    ['updateTwin', 3],
    ['updateTwin', 4],
    ['deleteDeviceIdentity', expect.any(Number)],
  ]);
});

test('a twin change is told with the properties that the hub documents', async () => {
  const registry = emulator.registry();
  await registry.create({ deviceId: 'd1' });
  await registry.updateTwin('d1', { tags: { site: 'A' }, properties: { desired: { rate: 5 } } }, '*');
  const [, change] = await read('changes', 2);
  const exactTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);
  expect(change?.properties).toEqual({
    hubName: 'localhost',
    deviceId: 'd1',
    operationTimestamp: exactTime,
    'iothub-message-schema': 'twinChangeNotification',
    opType: 'updateTwin',
  });
  expect(change).toMatchObject({ contentType: 'application/json', correlationId: expect.any(String) });
  expect(change?.systemProperties).toMatchObject({
    contentEncoding: 'utf-8',
    'iothub-connection-device-id': 'd1',
    'iothub-message-source': 'twinChangeEvents',
    'iothub-enqueuedtime': expect.anything(),
  });
  expect(change?.body).toEqual({
    version: 3,
    tags: { site: 'A' },
    properties: {
      desired: {
        rate: 5,
        $metadata: {
          $lastUpdated: time,
          $lastUpdatedVersion: 2,
          rate: { $lastUpdated: time, $lastUpdatedVersion: 2 },
        },
        $version: 2,
      },
    },
  });
});

test('telemetry arrives with its properties and its body', async () => {
  await emulator.registry().create({ deviceId: 'd1' });
  const device = await deviceOf(emulator.hub, 'd1');
  const message = new Message(JSON.stringify({ level: 4 }));
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.messageId = 'm1';
  message.properties.add('alert', 'yes & no');
  await device.sendEvent(message);
  await device.close();
  const [event] = await read('telemetry', 1);
  expect(event).toMatchObject({
    body: { level: 4 },
    properties: { alert: 'yes & no' },
    contentType: 'application/json',
    messageId: 'm1',
  });
  expect(event?.systemProperties).toMatchObject({
    contentEncoding: 'utf-8',
    'iothub-connection-device-id': 'd1',
    'iothub-message-source': 'Telemetry',
  });
});
