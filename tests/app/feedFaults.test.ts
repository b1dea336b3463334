import fc from 'fast-check';
import type { Services } from '../../src/app/services';
import { memoryTables } from '../support/memoryTables';
import { ask, instanceOn, Killed, type Message, relay, type Told, turnByTurn } from './feedSetup';

// Owners of one partition that do not know of each other: stopped at any operation, killed, taken over from while they go
// on. Whatever the order of what they do, a reader by a cursor meets every change once.

/** Each with the operations after which it is killed. */
const owners = fc.array(
  fc.record({
    batchSize: fc.integer({ min: 1, max: 6 }),
    life: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.constant(1000)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** What the hub sent: some are no notifications, some come twice. */
const log = fc
  .array(fc.constantFrom<'new' | 'again' | 'none'>('new', 'new', 'new', 'again', 'none'), {
    minLength: 5,
    maxLength: 25,
  })
  .map((kinds) => {
    let version = 1;
    return kinds.map((kind, index): Message => {
      if (kind === 'new') version++;
      return { sequenceNumber: index, deviceId: 'd', version: kind === 'none' ? undefined : version, second: version };
    });
  });

/** Owns the partition from the checkpoint on, until it is killed or has relayed everything. */
async function own(services: Services, messages: readonly Message[], batchSize: number, checkpoints: { at: number }) {
  try {
    for (let from = checkpoints.at; from < messages.length; ) {
      const batch = messages.slice(from, from + batchSize);
      await relay(services, batch);
      from += batch.length;
      // Not by any lease: also by one that has lost it, and back.
      checkpoints.at = from;
    }
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

const expected = (messages: readonly Message[]) => messages.flatMap(({ version }) => version ?? []);

test('a reader meets every kept change once, and in order, whatever becomes of the owners of a partition', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), owners, log, async (scheduler, plans, messages) => {
      const tables = memoryTables();
      const checkpoints = { at: 0 };
      const told: Told[] = [];
      let cursor: string | undefined;
      let isDone = false;
      const reader = instanceOn(turnByTurn(tables, scheduler, 'reader'));
      const poll = async (services: Services, limit: number) => {
        const { body } = await ask(services, {
          limit: String(limit),
          ...(cursor === undefined ? {} : { after: cursor }),
        });
        const page = body as unknown as { changes: Told[]; next: string };
        told.push(...page.changes);
        cursor = page.next;
        return page.changes.length;
      };
      const reading = (async () => {
        while (!isDone) await poll(reader, 3);
      })();
      const owning = plans.map(async ({ batchSize, life }, index) => {
        await scheduler.schedule(Promise.resolve(), `owner ${index} begins`);
        await own(instanceOn(turnByTurn(tables, scheduler, `owner ${index}`, life)), messages, batchSize, checkpoints);
      });
      const all = Promise.all(owning).then(async () => {
        await own(instanceOn(turnByTurn(tables, scheduler, 'last')), messages, 5, checkpoints);
        isDone = true;
      });
      await scheduler.waitFor(Promise.all([all, reading]));
      // It is over: what is left is read without turns.
      while ((await poll(instanceOn(tables), 100)) > 0);
      expect(told.map(({ version }) => version)).toEqual(expected(messages));
    }),
    { numRuns: 60 },
  );
});
