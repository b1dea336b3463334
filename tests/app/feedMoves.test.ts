import fc from 'fast-check';
import { reactionMeans } from '../../src/app/reactionMeans';
import type { Services } from '../../src/app/services';
import type { Tables } from '../../src/azure/tables/tables';
import { toDeviceMoved } from '../../src/feed/feedEvent';
import { MoveWriter } from '../../src/feed/moveWriter';
import { react } from '../../src/reactions/react';
import { memoryTables } from '../support/memoryTables';
import { ask, follow, instanceOn, relay, turnByTurn, watched } from './feedSetup';

// What the reaction finds: devices that moved, told in the feed by whoever heard of it.

/** Relays a change of a device, and has it reacted to as often as that is told. */
async function change(app: Services, second: number, tags: object, { deviceId = 'd1', times = 1 } = {}) {
  const [event] = await relay(app, [{ sequenceNumber: second, deviceId, version: second + 2, tags, second }]);
  if (event === undefined) throw new Error('nothing was relayed');
  const read = { ...event, data: event.data } as Parameters<typeof react>[0];
  for (let time = 0; time < times; time++) await react(read, reactionMeans(app));
  return read;
}

const at = (plant: string | null) => ({ location: { plant } });
const moved = { type: 'DeviceTwins.DeviceMoved' };

test('a move is told with the places between which it went, once for each time that it happened', async () => {
  const app = instanceOn(memoryTables());
  await change(app, 1, at('A'), { times: 3 });
  await change(app, 2, { floor: 3 });
  await change(app, 3, at('B'));
  await change(app, 4, at(null));
  const { told } = await follow(app, undefined, moved);
  const place = (location: string) => ({ location, connectivity: null });
  expect(told.map(({ version, from, to }) => [version, from, to])).toEqual([
    [3, null, place('A')],
    [5, place('A'), place('B')],
    [6, place('B'), null],
  ]);
  const { told: all } = await follow(app);
  expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(told.map(({ id }) => id.replace(/-moved$/, ''))));
});

test('a change that is older than what is known moves nothing', async () => {
  const app = instanceOn(memoryTables());
  await change(app, 5, at('B'));
  await change(app, 3, at('A'));
  expect((await follow(app, undefined, moved)).told).toHaveLength(1);
});

test.each(['B', null])('a move to %j whose telling was cut off is told when the event comes again', async (plant) => {
  const tables = memoryTables();
  const use: Tables['use'] = (name, action) =>
    name === 'Feed' ? Promise.reject(new Error('killed')) : tables.use(name, action);
  const cutOff = instanceOn(Object.assign(memoryTables(), { use }));
  const app = instanceOn(tables);
  await change(app, 1, at('A'));
  const [event] = await relay(app, [{ sequenceNumber: 2, deviceId: 'd1', version: 4, tags: at(plant), second: 2 }]);
  const again = { ...event } as Parameters<typeof react>[0];
  await expect(react(again, reactionMeans(cutOff))).rejects.toThrow('killed');
  await change(app, 3, at('C'));
  await react(again, reactionMeans(app));
  const { told } = await follow(app, undefined, moved);
  const ids = [...new Set(told.map(({ id }) => id))];
  expect(ids).toHaveLength(3);
  const [first] = told.filter(({ version }) => version === 4);
  expect(first).toMatchObject({ from: { location: 'A' }, to: plant === null ? null : { location: plant } });
});

test('location chooses changes of devices that are there now', async () => {
  const app = instanceOn(memoryTables());
  await change(app, 1, at('A'), { deviceId: 'stays' });
  await change(app, 2, at('A'), { deviceId: 'leaves' });
  await change(app, 3, at('B'), { deviceId: 'leaves' });
  const { told } = await follow(app, undefined, { location: 'A', type: 'DeviceTwins.TwinChanged' });
  expect(told).toMatchObject([{ deviceId: 'stays', location: 'A', connectivity: null }]);
  expect((await follow(app, undefined, { location: 'B', type: 'DeviceTwins.TwinChanged' })).told).toHaveLength(2);
});

test('storage operations of a reaction: one more where a device moves, none where it does not', async () => {
  const operations: string[] = [];
  const tables = memoryTables();
  const app = instanceOn(watched(tables, (operation) => void operations.push(operation)));
  const count = async (second: number, tags: object) => {
    const [event] = await relay(instanceOn(tables), [
      { sequenceNumber: second, deviceId: 'd', version: second, tags, second },
    ]);
    operations.length = 0;
    await react({ ...event } as Parameters<typeof react>[0], reactionMeans(app));
    return [...operations].sort();
  };
  await count(1, at('A'));
  // As it was before the feed.
  expect(await count(2, { floor: 1 })).toEqual(['TwinChanges.put']);
  expect(await count(3, at('B'))).toEqual([
    'Feed.addAll',
    'Members.putIf',
    'Members.remove',
    'TwinChanges.put',
    'TwinStates.get',
    'TwinStates.putIf',
    'TwinStates.putIf',
  ]);
});

test('a reader skips no move, whatever instances write at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 }),
      async (scheduler, counts) => {
        const tables = memoryTables();
        const told: string[] = [];
        let cursor: string | undefined;
        const poll = async (services: Services) => {
          const { body } = await ask(services, cursor === undefined ? {} : { after: cursor });
          const page = body as unknown as { changes: { id: string }[]; next: string };
          told.push(...page.changes.map(({ id }) => id));
          cursor = page.next;
        };
        let isDone = false;
        const reader = instanceOn(turnByTurn(tables, scheduler, 'reader'));
        const reading = (async () => {
          while (!isDone) await poll(reader);
        })();
        const [event] = await relay(instanceOn(memoryTables()), [
          { sequenceNumber: 1, deviceId: 'd', version: 1, second: 1 },
        ]);
        const move = toDeviceMoved(event as never, { from: null, to: null });
        const writing = Promise.all(
          counts.map(async (count, instance) => {
            const writer = new MoveWriter(turnByTurn(tables, scheduler, `instance ${instance}`));
            await Promise.all(
              Array.from({ length: count }, (_, n) => writer.write({ ...move, id: `${instance}-${n}` })),
            );
          }),
        ).then(() => {
          isDone = true;
        });
        await scheduler.waitFor(Promise.all([writing, reading]));
        await poll(instanceOn(tables));
        expect(told.sort()).toEqual(
          counts.flatMap((count, instance) => Array.from({ length: count }, (_, n) => `${instance}-${n}`)).sort(),
        );
      },
    ),
    { numRuns: 40 },
  );
});
