import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventHubProducerClient } from '@azure/event-hubs';
import { type IotHub, startIotHub } from 'iot-hub-emulator';
import { RunningHost } from './runningHost';

/** What the fixture tells of a batch. */
interface Batch {
  messages: unknown[];
  retry: number;
  metadata: Record<string, unknown> & { partitionContext: Record<string, unknown> };
}

const topology = {
  routes: [],
  eventHubs: {
    connectionSetting: 'Hub',
    hubs: [{ name: 'events', partitionCount: 1, retentionHours: 1, consumerGroups: ['readers', 'strings', 'bytes'] }],
  },
};

let dir: string;
let hub: IotHub;
let host: RunningHost;

const startHub = (amqpPort = 0) =>
  startIotHub({ port: 0, mqttPort: 0, amqpPort, stateDir: join(dir, 'hub'), topology });
const startReader = (Hub = hub.env.Hub) => RunningHost.start('reader', { Hub }, join(dir, 'host'));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'event-hub-'));
  hub = await startHub();
});
afterEach(async () => {
  await host.stop(true);
  await hub.stop();
  await rm(dir, { recursive: true });
});

async function send(...bodies: unknown[]): Promise<void> {
  const producer = new EventHubProducerClient(hub.env.Hub ?? '', 'events');
  await producer.sendBatch(bodies.map((body, index) => ({ body, properties: { place: index } })));
  await producer.close();
}

const sendRaw = (...bodies: string[]) => send(...bodies.map((body) => Buffer.from(body)));

/** The batches so far, once one holds a message. */
async function batchesUntil(message: string): Promise<Batch[]> {
  await host.line(new RegExp(`batch .*"${message}"`));
  const told = host.lines.filter((line) => line.includes('batch {'));
  return told.map((line) => JSON.parse(line.slice(line.indexOf('{'))));
}

test('events come in order, in batches of the size of host.json, beside lists that run parallel', async () => {
  host = await startReader();
  await send({ n: 1 }, 'text', 3, { n: 4 }, 'last');
  const batches = await batchesUntil('last');
  expect(batches.flatMap(({ messages }) => messages)).toEqual([{ n: 1 }, 'text', 3, { n: 4 }, 'last']);
  expect(Math.max(...batches.map(({ messages }) => messages.length))).toBeLessThanOrEqual(3);
  const places = batches.flatMap(({ metadata }) => metadata.propertiesArray as { place: number }[]);
  expect(places.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
  for (const { messages, metadata } of batches) {
    for (const list of ['systemPropertiesArray', 'sequenceNumberArray', 'offsetArray', 'enqueuedTimeUtcArray']) {
      expect(metadata[list]).toHaveLength(messages.length);
    }
    // Nothing stands where there is no key.
    expect(metadata.partitionKeyArray).toEqual([]);
    expect(metadata.offsetArray).toEqual(messages.map(() => expect.any(Number)));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/);
    expect(metadata.enqueuedTimeUtcArray).toEqual(messages.map(() => time));
    const system = messages.map(() => expect.objectContaining({ enqueuedTimeUtc: time, partitionKey: null }));
    expect(metadata.systemPropertiesArray).toEqual(system);
    expect(metadata.partitionContext).toMatchObject({
      eventHubName: 'events',
      consumerGroup: 'readers',
      partitionId: '0',
    });
  }
});

test('properties are as the JSON of .NET has them', async () => {
  host = await startReader();
  const properties = {
    Date: new Date('2026-11-28T21:32:16.120Z'),
    uuid: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
    bytes: Buffer.from('hub'),
  };
  const producer = new EventHubProducerClient(hub.env.Hub ?? '', 'events');
  await producer.sendBatch([{ body: 'with properties', properties }]);
  await producer.close();
  const [batch] = await batchesUntil('with properties');
  const written = { date: '2026-11-28T21:32:16.12Z', uuid: '0af76519-16cd-43dd-8448-eb211c80319c', bytes: 'aHVi' };
  expect(batch?.metadata.propertiesArray).toEqual([written]);
});

test('bodies are read and written again by .NET, unless a type is asked for; as strings, empty ones are left out', async () => {
  host = await startReader();
  const text = '{"at":"2026-11-28T21:32:16.8820000Z","n":1.50}';
  await sendRaw(text, '', '"last"');
  const read = (await batchesUntil('last')).flatMap(({ messages }) => messages);
  expect(read).toEqual([{ at: '2026-11-28T21:32:16.882Z', n: 1.5 }, null, 'last']);
  expect(await told('strings')).toEqual({ messages: [JSON.parse(text), 'last'], properties: 3 });
  expect(await told('bytes')).toEqual({ messages: [text, '', '"last"'], properties: 3 });
});

test('empty bodies stay in their places where the app asks for them', async () => {
  host = await RunningHost.start('reader', { Hub: hub.env.Hub, KEEPS_EMPTY: '1' }, join(dir, 'host'));
  await sendRaw('', '{"n":1}', '', '"last"');
  expect(await told('strings')).toEqual({ messages: ['', { n: 1 }, '', 'last'], properties: 4 });
});

/** What another function of the fixture has told of all its batches, once it had the last message. */
async function told(name: string): Promise<{ messages: unknown[]; properties: number }> {
  await host.line(new RegExp(`${name} .*last`));
  const lines = host.lines.filter((line) => line.includes(`${name} {`));
  const batches = lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  return {
    messages: batches.flatMap(({ messages }) => messages),
    properties: batches.reduce((sum, { properties }) => sum + properties, 0),
  };
}

test('a body that is no JSON fails its batch before the function is called, unless it may be a string', async () => {
  host = await startReader();
  await sendRaw('no JSON');
  await host.line(/Functions\.read: JsonReaderError: Unexpected character 'n' in JSON, at position 0/);
  await send('last');
  expect((await batchesUntil('last')).flatMap(({ messages }) => messages)).toEqual(['last']);
  expect((await told('strings')).messages).toEqual(['no JSON', 'last']);
});

test('a batch that fails is run again as the policy says, under the same id, then passed over', async () => {
  host = await startReader();
  await send({ fail: true });
  await host.line(/"retry":2/);
  await send('after');
  const batches = await batchesUntil('after');
  expect(batches.map(({ messages, retry }) => [messages, retry])).toEqual([
    [[{ fail: true }], 0],
    [[{ fail: true }], 1],
    [[{ fail: true }], 2],
    [['after'], 0],
  ]);
  const ids = host.lines.flatMap((line) => /Executing 'Functions\.read' .*Id=([^)]+)/.exec(line)?.[1] ?? []);
  expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 0, 3]);
});

test('a host that starts again goes on where it was', async () => {
  host = await startReader();
  await send('before');
  await batchesUntil('before');
  await host.line(/Executed 'Functions.read' \(Succeeded/);
  await host.stop(true);
  await send('meanwhile');
  host = await startReader();
  expect((await batchesUntil('meanwhile')).flatMap(({ messages }) => messages)).toEqual(['meanwhile']);
});

test('a hub that is down when the host starts is read once it is up', async () => {
  const { amqp } = hub.ports;
  await hub.stop();
  host = await startReader();
  await host.line(/Event Hub 'events'/);
  hub = await startHub(amqp);
  await send('at last');
  expect((await batchesUntil('at last')).flatMap(({ messages }) => messages)).toEqual(['at last']);
}, 60_000);

test('a hub that is started again is read again soon', async () => {
  host = await startReader();
  await sendRaw('"before"');
  await batchesUntil('before');
  const { amqp } = hub.ports;
  await hub.stop();
  hub = await startHub(amqp);
  await sendRaw('"after"');
  await batchesUntil('after');
}, 20_000);
