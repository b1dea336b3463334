import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer, tokenOf } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';

const responses = '$iothub/twin/res/#';
const desired = '$iothub/twin/PATCH/properties/desired/#';

let emulator: TestEmulator;
let hub: IotHub;
let names = 0;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1', 'd2'] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

/** A new device of its own for a test that ends its identity. */
async function registered(): Promise<string> {
  const deviceId = `new-${++names}`;
  await emulator.registry().create({ deviceId });
  return deviceId;
}

describe('a SUBSCRIBE', () => {
  test.each([0, 1] as const)('at QoS %i is granted that', async (qos) => {
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await peer.subscribe(desired, qos)).toBe(qos);
    peer.drop();
  });

  test('at QoS 2 is granted 1', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await peer.subscribe(desired, 2)).toBe(1);
    peer.drop();
  });

  test.each([
    '#',
    '$iothub/#',
    '$iothub/twin/res/200/#',
    'devices/d2/messages/devicebound/#',
    'devices/+/messages/devicebound/#',
    'devices/d1/messages/events/#',
  ])('to %s fails', async (filter) => {
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await peer.subscribe(filter)).toBe(0x80);
    expect(await peer.subscribe(responses)).toBe(0);
    peer.drop();
  });

  test('to the calls of one method is granted', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await peer.subscribe('$iothub/methods/POST/reboot/#', 1)).toBe(1);
    expect(await peer.subscribe('$iothub/methods/POST/+/#')).toBe(0x80);
    peer.drop();
  });

  test('fails once there are five subscriptions, until one is given up', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    const filters = ['a', 'b', 'c', 'd', 'e'].map((name) => `$iothub/methods/POST/${name}/#`);
    for (const filter of filters) expect(await peer.subscribe(filter)).toBe(0);
    expect(await peer.subscribe(desired)).toBe(0x80);
    expect(await peer.subscribe(filters[4] ?? '', 1)).toBe(1);
    peer.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: filters.slice(0, 1) });
    expect((await peer.receive('unsuback')).messageId).toBe(2);
    expect(await peer.subscribe(desired)).toBe(0);
    peer.drop();
  });

  test('that is unsubscribed from brings nothing any more', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(desired);
    peer.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [desired, responses] });
    await peer.receive('unsuback');
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 1 } } }, '*');
    expect(await peer.subscribe(responses)).toBe(0);
    peer.drop();
  });

  test('that fails beside one that does not, brings nothing of other devices to the session', async () => {
    const peer = await MqttPeer.open(hub, 'd1', { clean: false });
    const subscriptions = [responses, '#'].map((topic) => ({ topic, qos: 1 as const }));
    peer.send({ cmd: 'subscribe', messageId: 1, subscriptions });
    expect((await peer.receive('suback')).granted).toEqual([1, 0x80]);
    await peer.leave();
    const other = await MqttPeer.open(hub, 'd2');
    other.publish('devices/d2/messages/events/', 'private', { qos: 1, messageId: 2 });
    await other.receive('puback');
    other.drop();
    const again = await MqttPeer.open(hub, 'd1', { clean: false });
    again.publish('$iothub/twin/GET/?$rid=first');
    expect((await again.receive('publish')).topic).toBe('$iothub/twin/res/200/?$rid=first');
    again.drop();
  });
});

describe('a connection ends', () => {
  test.each([
    ['at QoS 2', 'devices/d1/messages/events/', { qos: 2, messageId: 7 } as const],
    ["to another device's topic", 'devices/d2/messages/events/', {}],
    ['to an unknown topic', 'elsewhere', {}],
    ['to an answer of the hub', '$iothub/twin/res/200/?$rid=1', {}],
    ['to a topic with a wildcard', 'devices/d1/messages/events/#', {}],
    ['of a twin request whose id leaves its answer no room', `$iothub/twin/GET/?$rid=${'x'.repeat(65_512)}`, {}],
    ['of a twin request without an id', '$iothub/twin/GET/?', {}],
    ['of telemetry with a broken property bag', 'devices/d1/messages/events/%zz', {}],
    ['of telemetry of more than 256 KB', 'devices/d1/messages/events/', { payload: 'x'.repeat(256 * 1024 + 1) }],
  ])('after a PUBLISH %s', async (_, topic, more) => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(responses);
    peer.publish(topic, '{}', more);
    await peer.closed;
  });

  test('after junk, and no other connection does', async () => {
    const other = await MqttPeer.open(hub, 'd2');
    const peer = await MqttPeer.open(hub, 'd1');
    const stranger = await MqttPeer.dial(hub);
    for (const each of [peer, stranger])
      each.write(Buffer.from('\xff\xff\xff\xff\xffGET / HTTP/1.1\r\n\r\n', 'latin1'));
    await Promise.all([peer.closed, stranger.closed]);
    other.send({ cmd: 'pingreq' });
    await other.receive('pingresp');
    other.drop();
  });

  test.each([
    ['a SUBSCRIBE without a filter', [0x82, 2, 0, 1]],
    ['an UNSUBSCRIBE without a filter', [0xa2, 2, 0, 1]],
    ['a SUBSCRIBE with wrong flags', [0x80, 2, 0, 1]],
    ['what only a hub may send', [0xd0, 0]],
    ['what QoS 2 would need', [0x62, 2, 0, 1]],
  ])('after %s', async (_, bytes) => {
    const peer = await MqttPeer.open(hub, 'd1');
    peer.write(Buffer.from(bytes));
    await peer.closed;
  });

  test('after a packet that says it is longer than any may be, before it is there', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    peer.write(Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(400 * 1024)]));
    await peer.closed;
  });

  test('when it asks for more than it reads', async () => {
    const deviceId = await registered();
    const reader = await MqttPeer.open(hub, deviceId);
    await reader.subscribe(responses);
    const large = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`k${index}`, 'x'.repeat(4000)]));
    await emulator.registry().updateTwin(deviceId, { properties: { desired: large } }, '*');
    for (let rid = 0; rid < 1000; rid++) reader.publish(`$iothub/twin/GET/?$rid=${rid}`);
    const state = async (): Promise<string | undefined> =>
      (await emulator.registry().get(deviceId)).responseBody.connectionState;
    while ((await state()) !== 'Disconnected');
    reader.drop();
  });

  test('when its token expires, also of a policy', async () => {
    const resource = encodeURIComponent('localhost/devices/d2');
    const key = keyOf(hub.connectionString('device'));
    const password = Buffer.from(signSas({ key, policy: 'device', resource, expiresIn: 2 }));
    const peer = await MqttPeer.open(hub, 'd2', { password });
    await peer.closed;
  });

  test('when its token expires', async () => {
    const connectedAt = Date.now();
    const peer = await MqttPeer.open(hub, 'd1', { password: Buffer.from(tokenOf(hub, 'd1', 2)) });
    await peer.closed;
    expect(Date.now() - connectedAt).toBeGreaterThan(900);
  });

  test('when nothing comes for one and a half times its keep-alive', async () => {
    const connectedAt = Date.now();
    const peer = await MqttPeer.open(hub, 'd1', { keepalive: 1 });
    await peer.closed;
    expect(Date.now() - connectedAt).toBeGreaterThan(1400);
  });

  test('when its device is deleted', async () => {
    const deviceId = await registered();
    const peer = await MqttPeer.open(hub, deviceId);
    await emulator.registry().delete(deviceId);
    await peer.closed;
  });

  test('when the keys of its device change', async () => {
    const deviceId = await registered();
    const peer = await MqttPeer.open(hub, deviceId);
    const [primaryKey, secondaryKey] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    await emulator.registry().update({ deviceId, authentication: { symmetricKey: { primaryKey, secondaryKey } } });
    await peer.closed;
  });

  test('when its device is disabled, which may not come back then', async () => {
    const deviceId = await registered();
    const peer = await MqttPeer.open(hub, deviceId);
    await emulator.registry().update({ deviceId, status: 'disabled' });
    await peer.closed;
    const again = await MqttPeer.connect(hub, deviceId);
    expect((await again.receive('connack')).returnCode).toBe(5);
  });
});
