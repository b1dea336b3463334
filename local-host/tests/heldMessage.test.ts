import { type DequeuedMessageItem, type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { startQueues, type TestStorage } from '../../tests/support/azurite';
import { Backoff } from '../src/backoff';
import { HeldMessage } from '../src/queues/heldMessage';

let storage: TestStorage;
let queue: QueueClient;

beforeAll(async () => {
  storage = await startQueues();
  queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('work');
  await queue.create();
});
afterAll(() => storage.stop());
beforeEach(() => queue.clearMessages());

const lease = 2;

/** Puts a message into the queue and takes it for {@link lease} seconds. */
async function take(): Promise<DequeuedMessageItem> {
  await queue.sendMessage('body');
  const [message] = (await queue.receiveMessages({ visibilityTimeout: lease })).receivedMessageItems;
  if (!message) throw new Error('no message');
  return message;
}

/** Who else looks at the queue: resolves with what comes first. */
async function nextOther(until: () => boolean): Promise<DequeuedMessageItem | undefined> {
  while (!until()) {
    const [message] = (await queue.receiveMessages()).receivedMessageItems;
    if (message) return message;
  }
  return undefined;
}

test('a message stays out of sight past its lease, and can still be deleted', async () => {
  const held = new HeldMessage(queue, await take(), lease);
  const end = Date.now() + 2 * lease * 1000;
  expect(await nextOther(() => Date.now() > end)).toBeUndefined();
  await held.delete();
  expect((await queue.getProperties()).approximateMessagesCount).toBe(0);
});

test('one that is released comes at once, one that is left when its lease ends', async () => {
  await new HeldMessage(queue, await take(), lease).release(0);
  expect((await nextOther(() => false))?.dequeueCount).toBe(2);
  await queue.clearMessages();
  new HeldMessage(queue, await take(), lease).leave();
  expect((await nextOther(() => false))?.dequeueCount).toBe(2);
});

test('what somebody else has taken over is left to them, and what is gone is no fault', async () => {
  const message = await take();
  const held = new HeldMessage(queue, message, lease);
  const taken = await queue.updateMessage(message.messageId, message.popReceipt, 'theirs', 60);
  await held.delete();
  expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  await queue.deleteMessage(message.messageId, taken.popReceipt ?? '');
  await new HeldMessage(queue, message, lease).release(0);
});

test('pauses double from 100 ms, each a fifth shorter or longer, up to the longest; and begin anew', () => {
  const backoff = new Backoff(100, 2000);
  const pauses = Array.from({ length: 8 }, () => backoff.next());
  expect(pauses[0]).toBe(100);
  for (const [step, pause] of pauses.slice(1, 5).entries()) {
    expect(pause).toBeGreaterThanOrEqual(100 + 0.8 * 100 * 2 ** step);
    expect(pause).toBeLessThanOrEqual(100 + 1.2 * 100 * 2 ** step);
  }
  expect(pauses.slice(6)).toEqual([2000, 2000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
