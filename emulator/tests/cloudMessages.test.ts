import fc from 'fast-check';
import { plainIdentity } from '../src/hub/identity';
import { Hub } from '../src/iotHub';
import type { Ack, CloudMessage } from '../src/messages/cloudMessage';
import type { FeedbackRecord } from '../src/messages/feedback';
import { messageRules } from '../src/messages/rules';
import { ManualClock } from './support/manualClock';
import { MemoryStore } from './support/memoryStore';

const rules = messageRules({ ttlSeconds: 3600, lockSeconds: 60, maxDeliveryCount: 3, feedbackSeconds: 15 });
const symmetricKey = { primaryKey: Buffer.alloc(32, 1).toString('base64'), secondaryKey: '' };
const message = (differing: Partial<CloudMessage> = {}): CloudMessage => ({
  ack: 'none',
  properties: {},
  body: Buffer.from('do it'),
  ...differing,
});

async function hubOf(clock: ManualClock, store = new MemoryStore(), messageRules = rules) {
  const hub = new Hub({
    hostName: 'fleet.example',
    makeKeys: () => symmetricKey,
    messages: messageRules,
    clock,
    store,
  });
  if (!hub.findTwin('device')) await hub.registry.create('device', plainIdentity);
  return { hub, messages: hub.messages, store };
}

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

/** Everything that services would hear, at once. */
async function allFeedback({ messages }: Pick<Hub, 'messages'>): Promise<FeedbackRecord[]> {
  const records: FeedbackRecord[] = [];
  for (;;) {
    await clock.advance(15_000);
    const batch = messages.feedback.receive();
    if (!batch) return records;
    records.push(...batch.records);
    await messages.feedback.complete(batch.lockToken);
  }
}

describe('a message to a device', () => {
  test('is kept, given once, and gone when the device completes it', async () => {
    const { hub, messages, store } = await hubOf(clock);
    await messages.send('device', message({ messageId: 'm1', properties: { a: '1' } }));
    expect(hub.getTwin('device').cloudToDeviceMessageCount).toBe(1);
    const given = messages.receive('device');
    expect(given?.message).toMatchObject({ messageId: 'm1', properties: { a: '1' }, deliveryCount: 1 });
    expect(String(given?.message.body)).toBe('do it');
    expect(messages.receive('device')).toBeUndefined();
    await messages.complete('device', given?.lockToken ?? '');
    expect(hub.getTwin('device').cloudToDeviceMessageCount).toBe(0);
    expect([...store.all('message')]).toEqual([]);
  });

  test('is refused for a device that is not there, when 50 wait, and above 64 KB', async () => {
    const { messages } = await hubOf(clock);
    await expect(messages.send('nobody', message())).rejects.toMatchObject({ errorName: 'DeviceNotFound' });
    const large = message({ body: Buffer.alloc(64 * 1024 + 1) });
    await expect(messages.send('device', large)).rejects.toMatchObject({ errorName: 'MessageTooLarge' });
    for (let sent = 0; sent < 50; sent++) await messages.send('device', message());
    messages.receive('device');
    const full = { errorName: 'DeviceMaximumQueueDepthExceeded', code: 403004 };
    await expect(messages.send('device', message())).rejects.toMatchObject(full);
    await clock.advance(3_600_000);
    await messages.send('device', message());
  });

  test('comes again when its lock is over, which then settles nothing', async () => {
    const { messages } = await hubOf(clock);
    await messages.send('device', message());
    const { lockToken = '' } = messages.receive('device') ?? {};
    await clock.advance(60_000);
    expect(() => messages.complete('device', lockToken)).toThrow(
      expect.objectContaining({ errorName: 'DeviceMessageLockLost', code: 412002 }),
    );
    expect(messages.receive('device')?.message.deliveryCount).toBe(2);
  });

  test('stays when another has expired whose lock ends at the same time', async () => {
    const { hub, messages } = await hubOf(clock);
    await messages.send('device', message({ expiresAt: clock.now() + 30_000 }));
    await messages.send('device', message({ messageId: 'stays' }));
    for (let given = 0; given < 2; given++) messages.receive('device');
    await clock.advance(60_000);
    expect(messages.receive('device')?.message.messageId).toBe('stays');
    expect(hub.getTwin('device').cloudToDeviceMessageCount).toBe(1);
  });

  test('outlives the process, with what became of others', async () => {
    const { messages, store } = await hubOf(clock);
    await messages.send('device', message({ messageId: 'done', ack: 'full' }));
    await messages.send('device', message({ messageId: 'waits' }));
    await messages.complete('device', messages.receive('device')?.lockToken ?? '');
    await messages.abandon('device', messages.receive('device')?.lockToken ?? '');
    messages.stop();
    const later = await hubOf(clock, store);
    expect(later.hub.getTwin('device').cloudToDeviceMessageCount).toBe(1);
    expect(later.messages.receive('device')?.message).toMatchObject({ messageId: 'waits', deliveryCount: 2 });
    expect(await allFeedback(later)).toMatchObject([{ originalMessageId: 'done', statusCode: 'Success' }]);
  });

  test('goes with its device, and is not that of one made again', async () => {
    const { hub, messages, store } = await hubOf(clock);
    await messages.send('device', message());
    await hub.registry.remove('device', '*');
    await hub.registry.create('device', plainIdentity);
    expect(messages.receive('device')).toBeUndefined();
    expect([...store.all('message')]).toEqual([]);
  });
});

describe('feedback', () => {
  test('comes at once, then what 15 seconds bring, then 64 records at once', async () => {
    const { messages } = await hubOf(clock);
    const told = jest.fn();
    messages.feedback.available.on('available', told);
    const settle = async (count: number) => {
      for (let sent = 0; sent < count; sent++) {
        await messages.send('device', message({ ack: 'full' }));
        await messages.complete('device', messages.receive('device')?.lockToken ?? '');
      }
    };
    await settle(1);
    expect(told).toHaveBeenCalledTimes(1);
    expect(messages.feedback.receive()?.records).toHaveLength(1);
    await settle(2);
    expect(messages.feedback.receive()).toBeUndefined();
    await clock.advance(15_000);
    const { lockToken = '' } = messages.feedback.receive() ?? {};
    await settle(70);
    messages.feedback.abandon(lockToken);
    expect(messages.feedback.receive()?.records).toHaveLength(64);
  });

  test('is given again when nobody settles it', async () => {
    const { messages } = await hubOf(clock);
    await messages.send('device', message({ ack: 'full', messageId: 'm' }));
    await messages.reject('device', messages.receive('device')?.lockToken ?? '');
    expect(messages.feedback.receive()).toBeDefined();
    await clock.advance(60_000);
    messages.sweep();
    expect(messages.feedback.receive()?.records).toMatchObject([{ originalMessageId: 'm', statusCode: 'Rejected' }]);
  });
});

describe('whatever devices and services do', () => {
  type Step =
    | { kind: 'send'; ack: Ack; ttl: number }
    | { kind: 'receive' | 'complete' | 'reject' | 'abandon' | 'purge' }
    | { kind: 'wait'; ms: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('send' as const),
      ack: fc.constantFrom('none', 'positive', 'negative', 'full'),
      ttl: fc.constantFrom(30_000, 100_000, 3_600_000),
    }),
    fc.record({ kind: fc.constantFrom('receive', 'receive', 'complete', 'reject', 'abandon', 'purge') }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, 31_000, 60_000) }),
  );

  test('each message is completed once or told of once, and counted till then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        clock = new ManualClock();
        const { hub, messages, store } = await hubOf(clock, undefined, { ...rules, feedbackMs: 0 });
        const told: string[] = [];
        const sent = new Map<string, Ack>();
        const completed: string[] = [];
        const locks: { id: string; lockToken: string }[] = [];
        const settle = async (how: 'complete' | 'reject' | 'abandon') => {
          const lock = locks.shift();
          if (!lock) return;
          try {
            await messages[how]('device', lock.lockToken);
            if (how === 'complete') completed.push(lock.id);
          } catch (error) {
            expect(error).toMatchObject({ errorName: 'DeviceMessageLockLost' });
          }
        };
        for (const [index, each] of steps.entries()) {
          const count = hub.getTwin('device').cloudToDeviceMessageCount;
          if (each.kind === 'send') {
            const { ack, ttl } = each;
            const input = message({ messageId: String(index), ack, expiresAt: clock.now() + ttl });
            await messages.send('device', input);
            sent.set(String(index), ack);
          } else if (each.kind === 'receive') {
            const given = messages.receive('device');
            if (given) {
              expect(given.message.deliveryCount).toBeLessThanOrEqual(3);
              expect(completed).not.toContain(given.message.messageId);
              locks.push({ id: given.message.messageId ?? '', lockToken: given.lockToken });
            }
          } else if (each.kind === 'wait') await clock.advance(each.ms);
          else if (each.kind === 'purge') expect(await messages.purge('device')).toBeLessThanOrEqual(count);
          else await settle(each.kind);
          messages.sweep();
          await hear(messages, told);
          expect([...store.all('message')]).toHaveLength(hub.getTwin('device').cloudToDeviceMessageCount);
        }
        await clock.advance(3_600_000);
        messages.sweep();
        expect(hub.getTwin('device').cloudToDeviceMessageCount).toBe(0);
        await hear(messages, told);
        expect(told.sort()).toEqual(expectedOf(sent, completed));
        messages.stop();
      }),
      { numRuns: 200 },
    );
  });

  async function hear({ feedback }: Hub['messages'], told: string[]): Promise<void> {
    for (let batch = feedback.receive(); batch; batch = feedback.receive()) {
      const lines = batch.records.map((each) => `${each.originalMessageId} ${each.statusCode === 'Success'}`);
      for (const line of lines) expect(told).not.toContain(line);
      told.push(...lines);
      await feedback.complete(batch.lockToken);
    }
  }

  function expectedOf(sent: ReadonlyMap<string, Ack>, completed: readonly string[]): string[] {
    return [...sent]
      .map(([id, ack]) => ({ id, ack, done: completed.includes(id) }))
      .filter(({ ack, done }) => ack === 'full' || ack === (done ? 'positive' : 'negative'))
      .map(({ id, done }) => `${id} ${done}`)
      .sort();
  }
});
