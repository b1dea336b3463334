import fc from 'fast-check';
import { runQuery } from '../src/query';
import { Ordered } from '../src/query/ordered';
import { parseQuery } from '../src/query/parse';
import { compileQuery, type Plan, type Row } from '../src/query/plan';
import type { Collection, Entry } from '../src/query/source';
import { isObject } from '../src/service/json';
import { Documents } from './support/documents';
import { documents, type FleetChange } from './support/queryFleets';
import { documentsOf, entryOf } from './support/twinDocuments';

const size = 30_000;
const texts = Array.from({ length: size }, (_, index) =>
  JSON.stringify({ tags: { a: index % 3, b: index % 2, serial: index, some: 'more that takes time to be read' } }),
);

/** Twins that take their time to be read, as those of a hub do, and how often they were. */
function fleet(): { twins: Documents<Entry>; reads: () => number } {
  let reads = 0;
  const read = (text: string) => {
    reads++;
    return JSON.parse(text);
  };
  const twins = new Documents<Entry>();
  for (const [index, text] of texts.entries()) twins.add({ ordinal: index + 1, read: () => read(text) });
  return { twins, reads: () => reads };
}

/** How often the event loop turned while something was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isDone = true;
  return turns;
}

describe('others are served', () => {
  test.each([
    ['an index is made', 'SELECT * FROM devices WHERE tags.serial = 7'],
    ['all is scanned', 'SELECT * FROM devices WHERE tags.a > 7'],
    ['what an index does not know is counted', 'SELECT COUNT() FROM devices WHERE tags.a > 0'],
    ['much is summed up', 'SELECT SUM(tags.serial), MAX(tags.a) FROM devices'],
    ['an index is made to group by', 'SELECT tags.a, COUNT() FROM devices GROUP BY tags.a'],
    ['groups are gathered', 'SELECT tags.serial, MAX(tags.a) FROM devices GROUP BY tags.serial'],
  ])('while %s', async (_, text) => {
    const { twins } = fleet();
    expect(await turnsDuring(() => runQuery(text, { twins }, {}))).toBeGreaterThan(0);
  });

  test('between any two of many queries', async () => {
    const { twins } = fleet();
    const scan = () => runQuery('SELECT * FROM devices WHERE tags.a > 7', { twins }, {});
    const one = await turnsDuring(scan);
    const many = await turnsDuring(() => Promise.all(Array.from({ length: 8 }, scan)));
    expect(many).toBeGreaterThan(3 * one);
  });
});

test('a small query is answered before anything else', async () => {
  const { twins } = fleet();
  await runQuery('SELECT * FROM devices WHERE tags.serial = 7', { twins }, {});
  expect(await turnsDuring(() => runQuery('SELECT * FROM devices WHERE tags.serial = 8', { twins }, {}))).toBe(0);
});

test('queries that need the same index at the same time make it together', async () => {
  const { twins, reads } = fleet();
  const ask = (plant: number) => runQuery(`SELECT COUNT() AS n FROM devices WHERE tags.a = ${plant}`, { twins }, {});
  const answers = await Promise.all([ask(0), ask(1), ask(2), ask(3)]);
  expect(answers.map(({ items }) => items)).toEqual([10_000, 10_000, 10_000, 0].map((n) => [{ n }]));
  expect(reads()).toBe(size);
});

test('an index whose making failed is not taken for whole', async () => {
  const { twins } = fleet();
  const { read } = twins.get(20_000) ?? entryOf(20_000, {});
  let isBroken = true;
  twins.add({
    ordinal: 20_000,
    read: () => {
      if (isBroken) throw new Error('broken');
      return read();
    },
  });
  const count = () => runQuery('SELECT COUNT() AS n FROM devices WHERE tags.a = 1', { twins }, {});
  await expect(count()).rejects.toThrow('broken');
  await expect(count()).rejects.toThrow('broken');
  isBroken = false;
  expect((await count()).items).toEqual([{ n: size / 3 }]);
});

/** As many paths as are indexed at a time: whoever asks for them has all others forgotten. */
const sixteen = Array.from({ length: 16 }, (_, at) => `tags.other${at} = 1`);

const walked = [
  'WHERE tags.a = 1',
  "WHERE tags.a = 1 AND tags.b IN ['x', true]",
  "WHERE tags.b = true OR tags.a IN [0, 1, 'x']",
  "WHERE (tags.a = 1 AND tags.b = true) OR properties.reported.r = 'x'",
  `WHERE tags.b = true OR ${sixteen.slice(0, 8).join(' OR ')}`,
  `WHERE tags.a = 1 OR ${sixteen.join(' OR ')}`,
  'WHERE tags.a != 1',
].map((where) => `SELECT * FROM devices ${where}`);
const counted = [
  'SELECT COUNT() FROM devices WHERE tags.a = 1 AND tags.b = true',
  'SELECT COUNT() FROM devices WHERE tags.b = true OR tags.a = 1',
  'SELECT tags.a, COUNT() FROM devices GROUP BY tags.a',
];
const plans = [...walked, ...counted].map((text) => compileQuery(parseQuery(text)));

/** Goes on with a query, as far as it goes before others are served. */
type Step = { plan: Plan } | FleetChange;

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ plan: fc.constantFrom(...plans) }),
  fc.record({ ordinal: fc.integer({ min: 1, max: 100 }), document: fc.option(documents, { nil: undefined, freq: 3 }) }),
);

/** A query under way, and what becomes and became of documents meanwhile. */
class Underway {
  readonly rows: Row[] = [];
  readonly changed = new Set<number>();
  readonly versions: Entry[] = [];
  readonly #walk: Iterator<Row | undefined>;

  constructor(plan: Plan, twins: Collection) {
    this.#walk = plan.rows({ twins }, undefined)[Symbol.iterator]();
  }

  /** Whether there is more to do. */
  step(): boolean {
    for (let next = this.#walk.next(); !next.done; next = this.#walk.next()) {
      if (!next.value) return true;
      this.rows.push(next.value);
    }
    return false;
  }

  note(ordinal: number, versions: (Entry | undefined)[]): void {
    this.changed.add(ordinal);
    this.versions.push(...versions.filter((entry) => entry !== undefined));
  }
}

function rowsOf(plan: Plan, twins: Collection): Row[] {
  const query = new Underway(plan, twins);
  while (query.step());
  return query.rows;
}

const positions = (rows: Row[]) => rows.map(({ position }) => Number(position));

/** How many are counted of which group. */
function countsOf(rows: Row[]): Map<string, number> {
  return new Map(
    rows.map(({ value }) => {
      const { COUNT, ...group } = isObject(value) ? value : {};
      return [JSON.stringify(group), Number(COUNT)];
    }),
  );
}

/** What did not change is there once, in order; what changed is there at most once, and as it was at some time. */
function check({ rows, changed, versions }: Underway, plan: Plan, twins: Ordered<Entry>): void {
  const unchanged = new Ordered<Entry>();
  for (const entry of twins.after(0)) if (!changed.has(entry.ordinal)) unchanged.add(entry);
  const least = rowsOf(plan, unchanged);
  if (plan.itemType === 'Twin') {
    const found = positions(rows);
    expect(found).toEqual([...new Set(found)].sort((one, other) => one - other));
    expect(found.filter((ordinal) => !changed.has(ordinal))).toEqual(positions(least));
    return;
  }
  for (const [index, version] of versions.entries())
    unchanged.add({ ordinal: 1000 + index, read: () => version.read() });
  const most = countsOf(rowsOf(plan, unchanged));
  const found = countsOf(rows);
  for (const [group, count] of countsOf(least)) expect(found.get(group)).toBeGreaterThanOrEqual(count);
  for (const [group, count] of found) expect(count).toBeLessThanOrEqual(most.get(group) ?? 0);
}

test('indexes that have little in common are gone through in pieces', () => {
  const { twins } = fleet();
  const text = 'SELECT COUNT() FROM devices WHERE (tags.a = 0 AND tags.a = 1) OR tags.serial = 7';
  const plan = compileQuery(parseQuery(text));
  rowsOf(plan, twins);
  const query = new Underway(plan, twins);
  let pieces = 0;
  while (query.step()) pieces++;
  expect(query.rows.map(({ value }) => value)).toEqual([{ COUNT: 1 }]);
  expect(pieces).toBeGreaterThan(size / 3 / 100);
});

test('whatever changes while queries walk and make indexes, they miss nothing else, and the indexes are true', () => {
  fc.assert(
    fc.property(
      fc.array(documents, { minLength: 70, maxLength: 90 }),
      fc.array(steps, { maxLength: 60 }),
      (fleet, todo) => {
        const twins = documentsOf(fleet);
        const scanned = new Ordered<Entry>();
        for (const entry of twins.after(0)) scanned.add(entry);
        const underway = new Map<Plan, Underway>();
        const goOn = (plan: Plan): boolean => {
          const query = underway.get(plan) ?? new Underway(plan, twins);
          underway.set(plan, query);
          if (query.step()) return true;
          underway.delete(plan);
          check(query, plan, scanned);
          return false;
        };
        for (const step of todo) {
          if ('plan' in step) {
            goOn(step.plan);
            continue;
          }
          const { ordinal, document } = step;
          const after = document && entryOf(ordinal, document);
          for (const query of underway.values()) query.note(ordinal, [scanned.get(ordinal), after]);
          for (const each of [twins, scanned]) {
            if (after) each.add(after);
            else each.delete(ordinal);
          }
        }
        for (const plan of underway.keys()) while (goOn(plan));
        for (const plan of plans) expect(rowsOf(plan, twins)).toEqual(rowsOf(plan, scanned));
      },
    ),
    { numRuns: 100 },
  );
});
