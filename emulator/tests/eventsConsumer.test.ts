import { EventEmitter, once } from 'node:events';
import {
  EventHubConsumerClient,
  earliestEventPosition,
  latestEventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents, send, withoutRetries, withProducer } from './support/eventHubs';

const hubs = ['kept', 'latest', 'owned', 'many'].map((name) => ({
  name,
  partitionCount: 1,
  retentionHours: 1,
  consumerGroups: ['relay'],
}));
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };

let emulator: TestEmulator;
let connectionString: string;
/** Five events of the hub `kept`, numbered from 0. */
let kept: ReceivedEventData[];

beforeAll(async () => {
  emulator = await startEmulator({ topology });
  connectionString = emulator.hub.env.EventHubs ?? '';
  await send({ connectionString, eventHub: 'kept' }, [0, 1, 2, 3, 4]);
  kept = await readEvents({ connectionString, eventHub: 'kept', count: 5 });
});
afterAll(() => emulator.stop());

const bodies = (events: ReceivedEventData[]) => events.map(({ body }) => body);

describe('a consumer', () => {
  test.each([
    ['after a sequence number', 3, () => ({ sequenceNumber: kept[1]?.sequenceNumber ?? 0 }), [2, 3, 4]],
    [
      'from a sequence number on',
      4,
      () => ({ sequenceNumber: kept[1]?.sequenceNumber ?? 0, isInclusive: true }),
      [1, 2, 3, 4],
    ],
    ['after an offset', 2, () => ({ offset: kept[2]?.offset ?? '' }), [3, 4]],
    ['from an offset on', 3, () => ({ offset: kept[2]?.offset ?? '', isInclusive: true }), [2, 3, 4]],
    ['after a time', 5, () => ({ enqueuedOn: (kept[0]?.enqueuedTimeUtc.getTime() ?? 0) - 1 }), [0, 1, 2, 3, 4]],
  ])('reads %s', async (_, count, from, expected) => {
    expect(bodies(await readEvents({ connectionString, eventHub: 'kept', count, from: from() }))).toEqual(expected);
  });

  test('reads what comes after it, from the latest position', async () => {
    await send({ connectionString, eventHub: 'latest' }, ['before']);
    let came = false;
    const reading = readEvents({ connectionString, eventHub: 'latest', count: 1, from: latestEventPosition });
    const first = reading
      .then((events) => events[0])
      .finally(() => {
        came = true;
      });
    // The client does not tell when its link is open; what is sent until then counts as before.
    while (!came) await send({ connectionString, eventHub: 'latest' }, ['after']);
    expect((await first)?.body).toBe('after');
  });

  test('that tracks the end of its partition is told it with each event', async () => {
    const consumer = new EventHubConsumerClient('$Default', connectionString, 'kept', withoutRetries);
    const last = await new Promise<unknown>((resolve) => {
      consumer.subscribe(
        '0',
        {
          processEvents: async (_, { lastEnqueuedEventProperties: found }) => resolve(found),
          processError: async (error) => resolve(error),
        },
        { startPosition: earliestEventPosition, maxBatchSize: 1, trackLastEnqueuedEventProperties: true },
      );
    });
    await consumer.close();
    const end = kept[4];
    expect(last).toEqual({
      sequenceNumber: end?.sequenceNumber,
      offset: end?.offset,
      enqueuedOn: end?.enqueuedTimeUtc,
      retrievedOn: expect.any(Date),
    });
  });

  test('of each group reads every event', async () => {
    expect(bodies(await readEvents({ connectionString, eventHub: 'kept', count: 5, consumerGroup: 'relay' }))).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  test('sees events numbered one after another', () => {
    const first = kept[0]?.sequenceNumber ?? 0;
    expect(kept.map(({ sequenceNumber }) => sequenceNumber - first)).toEqual([0, 1, 2, 3, 4]);
    expect(kept.map(({ offset }) => offset)).toEqual(kept.map(({ sequenceNumber }) => String(sequenceNumber)));
  });

  test.each([
    ['an Event Hub', { eventHub: 'nowhere' }],
    ['a consumer group', { consumerGroup: 'nobody' }],
    ['a partition', { partitionId: '7' }],
  ])('hears that %s does not exist', async (_, wrong) => {
    const reading = readEvents({ connectionString, eventHub: 'kept', count: 1, ...wrong });
    await expect(reading).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
  });

  test.each([
    ['key', /SharedAccessKey=[^;]*/, 'SharedAccessKey=d3Jvbmc='],
    ['key name', /SharedAccessKeyName=[^;]*/, 'SharedAccessKeyName=nobody'],
  ])('with a wrong %s is not let in', async (_, part, wrong) => {
    const reading = readEvents({ connectionString: connectionString.replace(part, wrong), eventHub: 'kept', count: 1 });
    await expect(reading).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  test('gets a large backlog whole and in order', async () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    await withProducer({ connectionString, eventHub: 'many' }, async (producer) => {
      for (let sent = 0; sent < numbers.length; sent += 1000) {
        await producer.sendBatch(numbers.slice(sent, sent + 1000).map((body) => ({ body })));
      }
    });
    expect(bodies(await readEvents({ connectionString, eventHub: 'many', count: numbers.length }))).toEqual(numbers);
  });
});

describe('a consumer with an owner level', () => {
  /** A consumer that stays until it hears of an error. */
  function owner(ownerLevel: number) {
    const consumer = new EventHubConsumerClient('$Default', connectionString, 'owned', withoutRetries);
    const told = new EventEmitter();
    consumer.subscribe(
      '0',
      {
        processEvents: async (events) => void (events.length > 0 && told.emit('read')),
        processError: async (error) => void told.emit('failed', error),
      },
      { startPosition: earliestEventPosition, ownerLevel, maxWaitTimeInSeconds: 1 },
    );
    return { read: once(told, 'read'), failed: once(told, 'failed'), close: () => consumer.close() };
  }

  test('takes the partition from a lower one, which cannot take it back', async () => {
    await send({ connectionString, eventHub: 'owned' }, ['event']);
    const low = owner(1);
    await low.read;
    const high = owner(2);
    expect(await low.failed).toMatchObject([{ code: 'ReceiverDisconnectedError' }]);
    await high.read;
    const lower = owner(1);
    expect(await lower.failed).toMatchObject([{ code: 'ReceiverDisconnectedError' }]);
    await Promise.all([low, high, lower].map((each) => each.close()));
  });
});
