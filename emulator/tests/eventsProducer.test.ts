import { startEmulator, type TestEmulator } from './support/emulator';
import { type Destination, readEvents, send, withProducer } from './support/eventHubs';

const partitionIds = ['0', '1', '2', '3'];
const hubs = ['keyed', 'placed', 'whole'].map((name) => ({
  name,
  partitionCount: partitionIds.length,
  retentionHours: 1,
  consumerGroups: [],
}));
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startEmulator({ topology });
});
afterAll(() => emulator.stop());

const named = (eventHub: string): Destination => ({ connectionString: emulator.hub.env.EventHubs ?? '', eventHub });

/** How many events each partition has. */
function counts(eventHub: string): Promise<number[]> {
  return withProducer(named(eventHub), (producer) =>
    Promise.all(
      partitionIds.map(async (partitionId) => {
        const { isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber } =
          await producer.getPartitionProperties(partitionId);
        return isEmpty ? 0 : lastEnqueuedSequenceNumber - beginningSequenceNumber + 1;
      }),
    ),
  );
}

test('a producer learns the partitions of an Event Hub', async () => {
  const properties = await withProducer(named('keyed'), (producer) => producer.getEventHubProperties());
  expect(properties).toMatchObject({ name: 'keyed', partitionIds });
});

test('batches of one key are together and in order', async () => {
  for (const number of [0, 1, 2]) await send(named('keyed'), [number, `${number}b`], { partitionKey: 'one' });
  const found = await counts('keyed');
  expect(found.filter((count) => count > 0)).toEqual([6]);
  const events = await readEvents({ ...named('keyed'), count: 6, partitionId: String(found.indexOf(6)) });
  expect(events.map(({ body, partitionKey }) => [body, partitionKey])).toEqual(
    [0, '0b', 1, '1b', 2, '2b'].map((body) => [body, 'one']),
  );
});

test('a batch goes to the partition that it names', async () => {
  await send(named('placed'), ['one', 'two'], { partitionId: '2' });
  expect((await counts('placed')).slice(0, 3)).toEqual([0, 0, 2]);
});

test('a batch says when it is full', async () => {
  await withProducer(named('placed'), async (producer) => {
    const batch = await producer.createBatch({ partitionId: '3' });
    expect(batch.tryAdd({ body: 'x'.repeat(1000_000) })).toBe(true);
    expect(batch.tryAdd({ body: 'x'.repeat(100_000) })).toBe(false);
    await producer.sendBatch(batch);
  });
  expect((await counts('placed'))[3]).toBe(1);
});

test('what belongs to an event is handed on', async () => {
  const event = {
    body: { a: 1 },
    properties: { x: 'y', n: 1 },
    contentType: 'application/json',
    correlationId: 'c',
    messageId: 'm',
  };
  await withProducer(named('whole'), (producer) => producer.sendBatch([event], { partitionId: '0' }));
  const [received] = await readEvents({ ...named('whole'), count: 1 });
  expect(received).toMatchObject(event);
});
