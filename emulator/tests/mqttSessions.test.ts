import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IotHubOptions } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';
import { desiredChanges, deviceOf, patchTo } from './support/sdkDevice';

const responses = '$iothub/twin/res/#';
const desired = '$iothub/twin/PATCH/properties/desired/#';

let dir: string;
let emulator: TestEmulator;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'iot-hub-sessions-'));
  await start();
});
afterEach(async () => {
  await emulator.stop();
  await rm(dir, { recursive: true });
});

async function start(options: IotHubOptions = {}): Promise<void> {
  emulator = await startEmulator({ dataDir: join(dir, 'data'), stateDir: dir, devices: ['d1'], ...options });
}

async function restart(options: IotHubOptions = {}): Promise<void> {
  await emulator.stop();
  await start(options);
}

/** Connects again: whether the hub knows the session, and the connection. */
async function again(clean = false) {
  const peer = await MqttPeer.connect(emulator.hub, 'd1', { clean });
  const { sessionPresent } = await peer.receive('connack');
  return { peer, sessionPresent };
}

/** Which of two requests is answered first: the one before a SUBSCRIBE, where the session is subscribed already. */
async function heard(peer: MqttPeer): Promise<string> {
  peer.publish('$iothub/twin/GET/?$rid=before');
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: responses, qos: 0 }] });
  peer.publish('$iothub/twin/GET/?$rid=after');
  for (;;) {
    const packet = await peer.receiveAny();
    if (packet.cmd === 'publish') return packet.topic.replace(/.*rid=/, '');
  }
}

async function subscribed(topics: string[], clean = false): Promise<MqttPeer> {
  const { peer } = await again(clean);
  for (const topic of topics) expect(await peer.subscribe(topic, 1)).toBe(1);
  return peer;
}

describe('after a restart of the hub', () => {
  test('a session goes on: its subscriptions are there, with their quality of service', async () => {
    (await subscribed([responses, desired])).drop();
    await restart();
    const { peer, sessionPresent } = await again();
    expect(sessionPresent).toBe(true);
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 5 } } }, '*');
    expect(await peer.receive('publish')).toMatchObject({ qos: 1, payload: Buffer.from('{"rate":5,"$version":2}') });
    expect(await heard(peer)).toBe('before');
    peer.drop();
  });

  test('what was unsubscribed stays so', async () => {
    const first = await subscribed([responses, desired]);
    first.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [responses] });
    await first.receive('unsuback');
    first.drop();
    await restart();
    const { peer, sessionPresent } = await again();
    expect([sessionPresent, await heard(peer)]).toEqual([true, 'after']);
    peer.drop();
  });

  test('a clean session is not there', async () => {
    (await subscribed([responses], true)).drop();
    await restart();
    const { peer, sessionPresent } = await again();
    expect([sessionPresent, await heard(peer)]).toEqual([false, 'after']);
    peer.drop();
  });

  test('a session that a clean one ended is not there', async () => {
    (await subscribed([responses])).drop();
    const { peer: clean } = await again(true);
    await clean.leave();
    await restart();
    const { peer, sessionPresent } = await again();
    expect(sessionPresent).toBe(false);
    peer.drop();
  });

  test('the Node SDK hears changes without subscribing again', async () => {
    const device = await deviceOf(emulator.hub, 'd1');
    const changes = await desiredChanges(device);
    const reconnected = once(device, 'connect');
    await restart({ mqttPort: emulator.hub.ports.mqtt });
    await reconnected;
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 6 } } }, '*');
    expect(await patchTo(2, changes)).toEqual({ rate: 6, $version: 2 });
    expect((await device.getTwin()).properties.desired).toMatchObject({ rate: 6 });
    await device.close();
  });
});

test('the session of a device that was deleted is not that of the next one under its id', async () => {
  (await subscribed([responses])).drop();
  await emulator.registry().delete('d1');
  await emulator.registry().create({ deviceId: 'd1' });
  for (const prepare of [async () => {}, restart]) {
    await prepare();
    const { peer, sessionPresent } = await again();
    expect(sessionPresent).toBe(false);
    await peer.leave();
  }
});
