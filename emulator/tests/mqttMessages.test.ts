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

/** The properties in the topic of the next message. */
async function bagOf(message: object): Promise<string> {
  await send('do it', message);
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter);
  const { topic } = await peer.receive('publish');
  peer.drop();
  return topic.replace('devices/d1/messages/devicebound/', '');
}

// Names, order and times as devices of real hubs printed them (mosquitto samples of iot-hub-mqtt; IoT Central; the topics in
// the tests of azure-iot-sdk-python); .NET parses a time by its format "o" alone.
test.each([
  ['nothing but where it goes', {}, '%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound'],
  [
    'all that a sender may say',
    {
      absolute_expiry_time: new Date('2237-07-19T23:06:40.170Z'),
      correlation_id: 'c',
      message_id: 'm',
      content_type: 'text/plain; charset=UTF-8',
      content_encoding: 'utf-8',
      application_properties: { 'iothub-ack': 'none', 'a b': 'ä&=' },
    },
    '%24.exp=2237-07-19T23%3A06%3A40.1700000Z&%24.cid=c&%24.mid=m&%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound' +
      '&%24.ct=text%2Fplain%3B%20charset%3DUTF-8&%24.ce=utf-8&iothub-ack=none&a%20b=%C3%A4%26%3D',
  ],
])('a message says %s in its topic', async (_, message, bag) => {
  expect(await bagOf(message)).toBe(bag);
});

test('a message is gone when the device acknowledges it', async () => {
  await send();
  const peer = await MqttPeer.open(emulator.hub, 'd1');
  await peer.subscribe(filter, 1);
  const { payload, qos, messageId = 0, dup } = await peer.receive('publish');
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
