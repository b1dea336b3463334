import { plainIdentity } from '../src/hub/identity';
import { Hub } from '../src/iotHub';
import type { DesiredChange, IdentityGone, JsonObject, RoutedMessage } from '../src/service/types';

const input = plainIdentity;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);

let hub: Hub;
let messages: RoutedMessage[];
let desired: DesiredChange[];
let gone: IdentityGone[];

beforeEach(async () => {
  const symmetricKey = { primaryKey: Buffer.alloc(32, 1).toString('base64'), secondaryKey: '' };
  hub = new Hub({ hostName: 'fleet.example', makeKeys: () => symmetricKey });
  await hub.registry.create('device', input);
  [messages, desired, gone] = [[], [], []];
  hub.events.want(['DeviceMessages', 'TwinChangeEvents', 'DeviceLifecycleEvents', 'DeviceConnectionStateEvents']);
  hub.events.on('message', (message) => messages.push(message));
  hub.events.on('desired', (change) => desired.push(change));
  hub.events.on('identityGone', (identity) => gone.push(identity));
});

const body = (message: RoutedMessage | undefined): JsonObject => JSON.parse(String(message?.body));

describe('a twin change notification', () => {
  it('says which hub, which device, which operation and when', async () => {
    await hub.patchTwin('device', { tags: { a: 1 } });
    expect(messages).toEqual([
      {
        source: 'TwinChangeEvents',
        deviceId: 'device',
        applicationProperties: {
          hubName: 'fleet',
          deviceId: 'device',
          operationTimestamp: time,
          'iothub-message-schema': 'twinChangeNotification',
          opType: 'updateTwin',
        },
        systemProperties: {
          'content-type': 'application/json',
          'content-encoding': 'utf-8',
          'correlation-id': expect.stringMatching(/^[0-9a-f]+$/),
          'user-id': 'fleet',
          'iothub-connection-device-id': 'device',
          'iothub-enqueuedtime': expect.any(Number),
          'iothub-message-source': 'twinChangeEvents',
        },
        body: expect.any(Buffer),
      },
    ]);
  });

  it('of an update holds what changed, removals as null, and both sections where one request touched both', async () => {
    await hub.patchTwin('device', { tags: { a: 1, b: { c: 1 } }, desired: { d: 1 } });
    await hub.patchTwin('device', { tags: { a: null, b: { c: 2 } }, desired: { d: null, e: 2 } });
    const stamp = { $lastUpdated: time, $lastUpdatedVersion: 3 };
    expect(body(messages[1])).toEqual({
      version: 4,
      tags: { a: null, b: { c: 2 } },
      properties: { desired: { d: null, e: 2, $metadata: { ...stamp, e: stamp }, $version: 3 } },
    });
  });

  it('of a cleared section holds each of its members as null', async () => {
    await hub.patchTwin('device', { tags: { a: 1, b: 2 } });
    await hub.patchTwin('device', { tags: null });
    expect(body(messages[1])).toEqual({ version: 4, tags: { a: null, b: null } });
  });

  it('of a report holds reported properties without $lastUpdatedVersion', async () => {
    expect(await hub.patchReported('device', { connectivity: 'wifi' })).toBe(2);
    const stamp = { $lastUpdated: time };
    const reported = { connectivity: 'wifi', $metadata: { ...stamp, connectivity: stamp }, $version: 2 };
    expect(body(messages[0])).toEqual({ version: 3, properties: { reported } });
  });

  it('of a replacement holds the whole twin', async () => {
    await hub.patchReported('device', { r: 1 });
    const twin = await hub.replaceTwin('device', { tags: { a: 1 }, desired: { d: 1 } });
    const { deviceId, etag, version, tags, properties } = twin;
    expect(messages[1]?.applicationProperties.opType).toBe('replaceTwin');
    expect(body(messages[1])).toEqual({ deviceId, etag, version, tags, properties });
  });

  it('comes in the order of the writes, one for each', async () => {
    const writes = Array.from({ length: 50 }, (_, n) =>
      n % 2 ? hub.patchReported('device', { n }) : hub.patchTwin('device', { tags: { n } }),
    );
    await Promise.all(writes);
    expect(messages.map((message) => body(message).version)).toEqual(writes.map((_, n) => n + 3));
  });

  it('does not come of a write that was refused', async () => {
    await expect(hub.patchTwin('device', { tags: { 'a b': 1 } })).rejects.toThrow('invalid characters');
    await expect(hub.patchTwin('device', { tags: { a: 1 } }, '"stale"')).rejects.toThrow('ETag mismatch');
    expect([messages, desired]).toEqual([[], []]);
  });
});

describe('notifications of a device’s life', () => {
  const told = ({ source, applicationProperties }: RoutedMessage) => [
    source,
    applicationProperties['iothub-message-schema'],
    applicationProperties.opType,
  ];

  it('tell of its creation and removal, with its twin', async () => {
    await hub.registry.create('other', input);
    await hub.patchTwin('other', { tags: { a: 1 } });
    await hub.registry.remove('other', '*');
    const lifecycle = messages.filter(({ source }) => source === 'DeviceLifecycleEvents');
    expect(lifecycle.map(told)).toEqual([
      ['DeviceLifecycleEvents', 'deviceLifecycleNotification', 'createDeviceIdentity'],
      ['DeviceLifecycleEvents', 'deviceLifecycleNotification', 'deleteDeviceIdentity'],
    ]);
    expect(lifecycle.map((message) => body(message).version)).toEqual([2, 3]);
    expect(Object.keys(body(lifecycle[0])).sort()).toEqual(['deviceId', 'etag', 'properties', 'version']);
  });

  it('tell of each connection and its end once, with growing sequence numbers', () => {
    for (const connected of [true, true, false, false, true]) hub.setConnectionState('device', connected);
    const schema = 'deviceConnectionStateNotification';
    expect(messages.map(told)).toEqual([
      ['DeviceConnectionStateEvents', schema, 'deviceConnected'],
      ['DeviceConnectionStateEvents', schema, 'deviceDisconnected'],
      ['DeviceConnectionStateEvents', schema, 'deviceConnected'],
    ]);
    const sequence = messages.map((message) => String(body(message).sequenceNumber));
    expect([...sequence].sort()).toEqual(sequence);
    expect(hub.getTwin('device').connectionState).toBe('Connected');
  });

  it('do not tell of changes to its identity', async () => {
    await hub.registry.update('device', { ...input, status: 'disabled' }, '*');
    expect(messages).toEqual([]);
  });
});

describe('what a connected device hears of', () => {
  it('a change of its desired properties, as the patch that it was', async () => {
    await hub.patchTwin('device', { tags: { a: 1 } });
    await hub.patchTwin('device', { desired: { rate: 5, old: null } });
    expect(desired).toEqual([
      { deviceId: 'device', patch: { rate: 5, old: null, $metadata: expect.anything(), $version: 2 } },
    ]);
  });

  it.each([
    ['deleted', () => hub.registry.remove('device', '*')],
    ['disabled', () => hub.registry.update('device', { ...input, status: 'disabled' }, '*')],
    ['keysChanged', () => hub.registry.update('device', input, '*')],
  ])('that its identity is %s', async (reason, change) => {
    await change();
    expect(gone).toEqual([{ deviceId: 'device', reason }]);
  });

  it('nothing where its keys stay', async () => {
    const { authentication } = hub.getIdentity('device');
    await hub.registry.update('device', { ...input, authentication }, '*');
    expect(gone).toEqual([]);
  });
});

it('telemetry carries its own properties, and the system’s under their names', () => {
  hub.telemetry('device', { '$.ct': 'application/json', '$.ce': 'utf-8', level: 'high' }, Buffer.from('{}'));
  expect(messages[0]).toMatchObject({
    source: 'DeviceMessages',
    applicationProperties: { level: 'high' },
    systemProperties: {
      'content-type': 'application/json',
      'content-encoding': 'utf-8',
      'iothub-connection-device-id': 'device',
      'iothub-message-source': 'Telemetry',
    },
  });
});
