import fc from 'fast-check';
import { endpoint } from '../../src/api/http/endpoint';
import type { Services } from '../../src/app/services';
import type { Tables } from '../../src/azure/tables/tables';
import type { TwinEvent } from '../../src/changes/twinEvent';
import { placeOf } from '../../src/feed/feedRow';
import { deviceChanges } from '../../src/functions/deviceChanges';
import type { ChangeRecord } from '../../src/history/changeRecord';
import { memoryTables } from '../support/memoryTables';
import { ask, follow, instanceOn, Killed, watched } from './feedSetup';
import { call } from './functionCalls';

// Old changes go, from feed and history, and what is left is told as before.

const dayMs = 86_400_000;
const first = Date.UTC(2026, 0, 1);
const devices = ['a', 'b', 'c'];

/** What becomes of a device so many hours after the one before. */
const step = fc.record({
  device: fc.constantFrom(...devices),
  hours: fc.integer({ min: 1, max: 40 }),
  what: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ tags: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(1, 2, null, { z: 1 })) }),
    },
    { weight: 1, arbitrary: fc.record({ operation: fc.constant('replace'), tags: fc.constantFrom({}, { x: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ tags: fc.constant(null) }) },
    { weight: 1, arbitrary: fc.record({ truncated: fc.constant(true), tags: fc.constant({}) }) },
    { weight: 1, arbitrary: fc.constantFrom('Created', 'Deleted') },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function eventsOf(steps: readonly Step[]): TwinEvent[] {
  let at = first;
  return steps.map(({ device, hours, what }, index) => {
    at += hours * 3_600_000;
    const envelope = {
      specversion: '1.0',
      id: String(index),
      source: 'iothub/hub',
      subject: `devices/${device}`,
      time: new Date(at).toISOString().replace('Z', '0000Z'),
    } as const;
    return (
      typeof what === 'string'
        ? { ...envelope, type: `DeviceTwins.Device${what}`, data: { version: 1 } }
        : { ...envelope, type: 'DeviceTwins.TwinChanged', data: { operation: 'update', version: index + 2, ...what } }
    ) as TwinEvent;
  });
}

async function keep(app: Services, events: readonly TwinEvent[]): Promise<void> {
  const { feedWriter, history } = app.records() ?? {};
  await feedWriter?.write(
    'hub/0',
    events.map((event, index) => ({ place: placeOf(index), event })),
  );
  for (const event of events) await history?.keep(event);
}

async function historyOf(app: Services, deviceId: string): Promise<ChangeRecord[]> {
  const query = { unchanged: 'true' };
  const { body } = await call(endpoint(deviceChanges, app), { method: 'GET', params: { deviceId }, query });
  return (body as unknown as { changes: ChangeRecord[] }).changes;
}

const forget = (tables: Tables, before: Date) => instanceOn(tables).records()?.age.forget(before);

/** Forgets, and is killed after so many operations. */
async function forgetAndDie(tables: Tables, before: Date, life: number): Promise<void> {
  let left = life;
  const mortal = watched(tables, () => {
    if (left-- <= 0) throw new Killed();
  });
  await forget(mortal, before)?.catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
}

test('what is not too old is told as it was, every value before included, also where forgetting was cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.array(fc.record({ day: fc.integer({ min: 0, max: 40 }), life: fc.integer({ min: 0, max: 30 }) }), {
        maxLength: 3,
      }),
      fc.integer({ min: 0, max: 40 }),
      async (steps, cutOff, lastDay) => {
        const tables = memoryTables();
        const app = instanceOn(tables);
        const events = eventsOf(steps);
        await keep(app, events);
        const whole = new Map<string, ChangeRecord[]>();
        for (const device of devices) whole.set(device, await historyOf(app, device));
        let latest = 0;
        for (const { day, life } of [...cutOff, { day: lastDay, life: Number.POSITIVE_INFINITY }]) {
          latest = Math.max(latest, day);
          await forgetAndDie(tables, new Date(first + day * dayMs), life);
          for (const device of devices) {
            const left = await historyOf(app, device);
            // Nothing that is told is told otherwise, and nothing young is missing.
            expect(left).toEqual(whole.get(device)?.slice(0, left.length));
            const young = whole.get(device)?.filter(({ time }) => Date.parse(time) >= first + latest * dayMs) ?? [];
            expect(left.length).toBeGreaterThanOrEqual(young.length);
          }
        }
        const { told } = await follow(app);
        const young = events.filter(({ time }) => Date.parse(time) >= first + latest * dayMs);
        expect(told.slice(-young.length || told.length).map(({ time }) => time)).toEqual(young.map(({ time }) => time));
      },
    ),
    { numRuns: 60 },
  );
});

test('rows of 40 days: those of more than 30 go from feed and history, and leave one row a twin', async () => {
  const tables = memoryTables();
  const app = instanceOn(tables);
  const steps = Array.from(
    { length: 40 * 3 },
    (_, n): Step => ({ device: devices[n % 3] ?? '', hours: 8, what: { tags: { x: n + 1 } } }),
  );
  await keep(app, eventsOf(steps));
  const { next } = (await ask(app, { limit: '5' })).body as { next: string };
  await app.records()?.writes.note('a', 2, { by: 'ann' }, new Date(first));
  const before = new Date(first + 10 * dayMs);
  expect(await forget(tables, before)).toEqual({ rows: 29, isMore: false });
  const { told } = await follow(app);
  expect(told).toHaveLength(91);
  expect(told[0]).toMatchObject({ time: '2026-01-11T00:00:00.0000000Z' });
  const history = (await Promise.all(devices.map((device) => historyOf(app, device)))).flat();
  expect(history).toHaveLength(91);
  // The first of each twin that is left knows the value of the last that is gone.
  for (const { values } of history) expect(values[0]?.before).toBe(Number(values[0]?.after) - 3);
  const rows = await tables.use('TwinChanges', (table) => table.list({ prefix: 'fold' }, 10));
  expect(rows.rows).toHaveLength(3);
  expect(await app.records()?.writes.between('a', 1, 10)).toEqual([]);
  // Whose cursor lies before what is gone is told.
  expect(await ask(app, { after: next })).toMatchObject({
    status: 410,
    body: { type: 'urn:device-twins:problem:cursor-expired' },
  });
  expect(await forget(tables, before)).toEqual({ rows: 0, isMore: false });
});

test('a run ends in time, and the next one goes on', async () => {
  const tables = memoryTables();
  const app = instanceOn(tables);
  await keep(app, eventsOf([{ device: 'a', hours: 1, what: { tags: { x: 1 } } }]));
  const { age } = app.records() ?? {};
  expect(await age?.forget(new Date(first + dayMs), performance.now() - 1)).toEqual({ rows: 0, isMore: true });
  expect((await follow(app)).told).toHaveLength(1);
  expect(await age?.forget(new Date(first + dayMs))).toEqual({ rows: 1, isMore: false });
});
