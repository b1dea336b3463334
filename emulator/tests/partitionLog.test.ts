import { readMessage } from '../src/amqp/message/eventMessage';
import { maxEvents, PartitionLog } from '../src/events/partitionLog';

test('a partition that nobody empties keeps its latest events, and no more than its limit', () => {
  const log = new PartitionLog(3_600_000);
  const message = readMessage(Buffer.from('00537741', 'hex'));
  const first = log.begin;
  for (let n = 0; n < maxEvents + 5000; n++) log.append(message);
  expect(log.end - first).toBe(maxEvents + 5000);
  expect(log.end - log.begin).toBeGreaterThanOrEqual(maxEvents);
  expect(log.end - log.begin).toBeLessThanOrEqual(maxEvents + 1000);
  expect(log.at(first)?.sequenceNumber).toBe(log.begin);
});
