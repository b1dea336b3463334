import fc from 'fast-check';
import rhea from 'rhea';
import { readMessage } from '../src/amqp/message/eventMessage';
import { EventHub } from '../src/events/eventHub';
import { PartitionLog, type StoredEvent } from '../src/events/partitionLog';

const eventOf = (body: unknown) => readMessage(rhea.message.encode({ body }));
const bodyOf = (event: StoredEvent | undefined): unknown => event && rhea.message.decode(event.bytes).body;

const definition = { name: 'hub', partitionCount: 4, retentionHours: 1, consumerGroups: [] };

test('events of one key are in one partition, in order, whatever comes between', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 50 });
  fc.assert(
    fc.property(keys, (sent) => {
      const hub = new EventHub(definition);
      for (const [index, key] of sent.entries()) hub.append(eventOf({ key, index }), key);
      for (const key of new Set(sent)) {
        const found = hub.partitions.map((log) => indexesOf(log, key)).filter((indexes) => indexes.length > 0);
        expect(found).toEqual([[...sent.keys()].filter((index) => sent[index] === key)]);
      }
    }),
  );
});

test.each([
  ['alphabet', 3, 0],
  ['alphabet', 11, 4],
  ['TheBestParitionEver', 4, 2],
  ['TheWorstParitionEver', 15, 1],
])(
  'events of the key %s are, of %i partitions, where the service and its buffered producers have them: %i',
  (key, partitionCount, place) => {
    const hub = new EventHub({ ...definition, partitionCount });
    hub.append(eventOf(key), key);
    expect(hub.partitions.findIndex(({ begin, end }) => end > begin)).toBe(place);
  },
);

test('events without a key go to each partition in turn', () => {
  const hub = new EventHub(definition);
  for (let count = 0; count < 8; count++) hub.append(eventOf(count));
  expect(hub.partitions.map(({ begin, end }) => end - begin)).toEqual([2, 2, 2, 2]);
});

describe('a partition', () => {
  /** A log that keeps for a second, with one event appended at each of the times. */
  function logOf(...times: number[]): PartitionLog {
    const log = new PartitionLog(1000);
    for (const time of times) {
      jest.spyOn(Date, 'now').mockReturnValue(time);
      log.append(eventOf(time));
    }
    return log;
  }
  afterEach(() => jest.restoreAllMocks());

  test.each([
    [20, true, 1],
    [20, false, 2],
    [15, false, 1],
    [0, true, 0],
    [31, true, 3],
  ])('finds the event for the time %i (inclusive: %p)', (value, inclusive, index) => {
    const log = logOf(10, 20, 30);
    expect(log.find({ by: 'enqueuedTime', value, inclusive }) - log.begin).toBe(index);
  });

  test('made anew numbers its events past those of the one before it', () => {
    const before = logOf(10, 20, 30);
    jest.restoreAllMocks();
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1);
    expect(new PartitionLog(1000).begin).toBeGreaterThan(before.end);
  });

  test('drops what is past its retention, and numbers the rest as before', () => {
    const log = logOf(10, 20, 30);
    const [first, end] = [log.begin, log.end];
    jest.spyOn(Date, 'now').mockReturnValue(1025);
    log.append(eventOf('late'));
    expect([log.begin, log.end]).toEqual([first + 2, end + 1]);
    expect(bodyOf(log.at(first))).toBe(30);
  });
});

function indexesOf(log: EventHub['partitions'][number], key: string): number[] {
  return Array.from({ length: log.end - log.begin }, (_, index) => bodyOf(log.at(log.begin + index)))
    .map((body) => body as { key: string; index: number })
    .filter((body) => body.key === key)
    .map(({ index }) => index);
}
