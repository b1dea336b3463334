import type { IConnectPacket } from 'mqtt-packet';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { MqttPeer } from './support/mqttPeer';

const topology = {
  routes: [{ name: 'telemetry', source: 'DeviceMessages', condition: 'true', eventHub: 'telemetry' }],
  eventHubs: {
    connectionSetting: 'EventHubs',
    hubs: [{ name: 'telemetry', partitionCount: 1, retentionHours: 1, consumerGroups: [] }],
  },
};

const events = 'devices/d1/messages/events/';

let emulator: TestEmulator;
beforeEach(async () => {
  emulator = await startEmulator({ topology, devices: ['d1'] });
});
afterEach(() => emulator.stop());

/** The first message that the hub has routed. */
async function routed() {
  const connectionString = emulator.hub.env.EventHubs ?? '';
  const [message] = await readEvents({ connectionString, eventHub: 'telemetry', count: 1 });
  return message;
}

test('a message at QoS 1 is acknowledged, and arrives with its property bag read', async () => {
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  peer.publish(`${events}%24.ct=application%2Fjson&a=b%20c&bare`, '{"level":4}', { qos: 1, messageId: 9 });
  expect((await peer.receive('puback')).messageId).toBe(9);
  expect(await routed()).toMatchObject({
    body: { level: 4 },
    contentType: 'application/json',
    properties: { a: 'b c', bare: '' },
  });
  peer.drop();
});

test('a message to be retained says so in a property', async () => {
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  peer.publish(events, '1', { retain: true });
  expect((await routed())?.properties).toEqual({ 'mqtt-retain': 'true' });
  peer.drop();
});

describe('a will', () => {
  const will = { topic: `${events}a=b`, payload: Buffer.from('"gone"'), qos: 1 as const, retain: false };

  test('is sent when the connection breaks', async () => {
    const peer = await MqttPeer.open(emulator.hub, 'd1', { will });
    peer.drop();
    expect(await routed()).toMatchObject({
      properties: { a: 'b', 'iothub-MessageType': 'Will' },
      body: 'gone',
    });
  });

  test.each<[string, Partial<IConnectPacket>, (peer: MqttPeer) => unknown]>([
    ['when its client connects again', {}, () => MqttPeer.open(emulator.hub, 'd1')],
    ['when its client breaks a rule', {}, (peer) => peer.publish('elsewhere')],
    ['when its client falls silent', { keepalive: 1 }, () => undefined],
  ])('is sent %s', async (_, differing, act) => {
    const peer = await MqttPeer.open(emulator.hub, 'd1', { will, ...differing });
    await act(peer);
    expect((await routed())?.properties).toEqual({ a: 'b', 'iothub-MessageType': 'Will' });
    await peer.closed;
  });

  test('is not sent after a DISCONNECT', async () => {
    const peer = await MqttPeer.open(emulator.hub, 'd1', { will });
    await peer.leave();
    const next = await MqttPeer.open(emulator.hub, 'd1');
    next.publish(events, 'later');
    expect((await routed())?.properties).toEqual({});
    next.drop();
  });
});
