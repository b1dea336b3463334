import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer, tokenOf } from './support/mqttPeer';

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
    ['of a twin request without an id', '$iothub/twin/GET/?', {}],
    ['of telemetry with a broken property bag', 'devices/d1/messages/events/%zz', {}],
    ['of telemetry of more than 256 KB', 'devices/d1/messages/events/', { payload: 'x'.repeat(256 * 1024 + 1) }],
  ])('after a PUBLISH %s', async (_, topic, more) => {
    const peer = await MqttPeer.open(hub, 'd1');
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
