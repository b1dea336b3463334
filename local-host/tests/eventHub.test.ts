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
    hubs: [{ name: 'events', partitionCount: 1, retentionHours: 1, consumerGroups: ['readers'] }],
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
    expect(metadata.partitionContext).toMatchObject({
      eventHubName: 'events',
      consumerGroup: 'readers',
      partitionId: '0',
    });
  }
});

test('a batch that fails is run again as the policy says, then passed over', async () => {
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
