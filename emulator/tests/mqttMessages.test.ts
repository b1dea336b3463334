import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator, type TestEmulator } from './support/emulator';
import { openService, sendTo } from './support/hubLinks';
import { MqttPeer } from './support/mqttPeer';

const filter = 'devices/d1/messages/devicebound/#';

let dir: string;
let emulator: TestEmulator;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'iot-hub-messages-'));
  await start();
});
afterEach(async () => {
  await emulator.stop();
  await rm(dir, { recursive: true });
});

async function start(): Promise<void> {
  emulator = await startEmulator({ dataDir: join(dir, 'data'), stateDir: dir, devices: ['d1'] });
}

async function send(body = 'do it', more: object = {}): Promise<string> {
  const connection = await openService(emulator.hub);
  const outcome = await sendTo(connection, '/devices/d1/messages/devicebound', { body, ...more } as never);
  connection.close();
  return outcome;
}

const waiting = async () => {
  const { cloudToDeviceMessageCount } = (await emulator.registry().getTwin('d1')).responseBody as never as {
    cloudToDeviceMessageCount: number;
  };
  return cloudToDeviceMessageCount;
};

/** Asks until so many messages wait: a PUBACK has no answer. */
async function waitFor(count: number): Promise<void> {
  while ((await waiting()) !== count);
}

test('a message has its properties in the topic, the system ones by their short names', async () => {
  await send('do it', {
    message_id: 'm',
    content_type: 'text/plain',
    application_properties: { 'iothub-ack': 'full', 'a b': 'ä&=' },
  });
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter, 1);
  const { topic, payload, qos, messageId = 0, dup } = await peer.receive('publish');
  const [, bag = ''] = /^devices\/d1\/messages\/devicebound\/(.*)$/.exec(topic) ?? [];
  expect(bag.split('&').map((pair) => pair.split('=').map(decodeURIComponent))).toEqual([
    ['$.mid', 'm'],
    ['$.to', '/devices/d1/messages/devicebound'],
    ['$.ct', 'text/plain'],
    ['$.exp', expect.stringMatching(/^\d{4}-.*Z$/)],
    ['iothub-ack', 'full'],
    ['a b', 'ä&='],
  ]);
  expect(bag).toContain('%24.mid=m');
  expect([payload.toString(), qos, dup]).toEqual(['do it', 1, false]);
  expect(await waiting()).toBe(1);
  peer.send({ cmd: 'puback', messageId });
  await waitFor(0);
  peer.drop();
});

test('at QoS 0 a message is gone when it is sent', async () => {
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter);
  await send();
  expect((await peer.receive('publish')).qos).toBe(0);
  await waitFor(0);
  peer.drop();
});

test('a message that was not acknowledged comes again over the next connection, whatever the session', async () => {
  for (const clean of [false, true]) {
    await send(`kept ${clean}`);
    const peer = await MqttPeer.open(emulator.hub, 'd1', { clean });
    await peer.subscribe(filter, 1);
    expect(String((await peer.receive('publish')).payload)).toBe(`kept ${clean}`);
    peer.drop();
    const next = await MqttPeer.open(emulator.hub, 'd1', { clean });
    if (clean) await next.subscribe(filter, 1);
    const { payload, messageId = 0 } = await next.receive('publish');
    expect(String(payload)).toBe(`kept ${clean}`);
    next.send({ cmd: 'puback', messageId });
    await waitFor(0);
    next.drop();
  }
});

test('messages come in their order, wait for a device that is away, and outlive the process', async () => {
  for (const body of ['1', '2', '3']) await send(body);
  await emulator.stop();
  await start();
  expect(await waiting()).toBe(3);
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter, 1);
  const bodies = [];
  for (let count = 0; count < 3; count++) bodies.push(String((await peer.receive('publish')).payload));
  expect(bodies).toEqual(['1', '2', '3']);
  peer.drop();
});

test('a message whose properties fit in no topic is put aside', async () => {
  await send('long', { application_properties: { a: '%'.repeat(30_000) } });
  await send('short');
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter);
  expect(String((await peer.receive('publish')).payload)).toBe('short');
  await waitFor(0);
  peer.drop();
});
