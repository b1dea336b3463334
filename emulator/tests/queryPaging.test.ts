import fc from 'fast-check';
import { runQuery } from '../src/query';
import { maxPageSize } from '../src/query/page';
import { QueryError } from '../src/query/queryError';
import type { Json } from '../src/service/types';
import { documentsOf, entryOf, twinDocument, twinSource } from './support/twinDocuments';

const fleetOf = (count: number) =>
  Array.from({ length: count }, (_, index) => twinDocument({ deviceId: `d${index}`, tags: { parity: index % 2 } }));

/** All pages of a query. */
async function pages(text: string, count: number, maxItemCount?: number): Promise<Json[][]> {
  const fleet = twinSource(fleetOf(count));
  const found: Json[][] = [];
  let continuation: string | undefined;
  do {
    const page = await runQuery(text, fleet, { maxItemCount, continuation });
    found.push(page.items);
    continuation = page.continuation;
  } while (continuation !== undefined);
  return found;
}

test('the pages of a query hold each row once, in order, and none is too long', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(250),
      fc.integer({ min: 1, max: 100 }),
      fc.option(fc.nat(300)),
      async (count, size, top) => {
        const text = `SELECT ${top === null ? '' : `TOP ${top}`} deviceId AS id FROM devices WHERE tags.parity = 0`;
        const expected = fleetOf(count).filter((_, index) => index % 2 === 0);
        const found = await pages(text, count, size);
        expect(found.flat()).toEqual(expected.slice(0, top ?? count).map(({ deviceId }) => ({ id: deviceId })));
        expect(found.slice(0, -1).every((page) => page.length === size)).toBe(true);
        expect(found.at(-1)?.length).toBeLessThanOrEqual(size);
      },
    ),
    { numRuns: 50 },
  );
});

test('groups are paged too', async () => {
  const found = await pages('SELECT deviceId, COUNT() AS n FROM devices GROUP BY deviceId', 5, 2);
  expect(found.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(found.flat()).toEqual(fleetOf(5).map(({ deviceId }) => ({ deviceId, n: 1 })));
});

test.each([undefined, 0, -1, 1.5, 101, Number.NaN])(
  'an unacceptable page size of %p counts as the most',
  async (size) => {
    const found = await pages('SELECT * FROM devices', maxPageSize + 1, size);
    expect(found.map((page) => page.length)).toEqual([maxPageSize, 1]);
  },
);

test('a twin that comes or goes between two pages moves no other', async () => {
  const twins = documentsOf(fleetOf(6));
  const query = 'SELECT deviceId FROM devices';
  const { continuation } = await runQuery(query, { twins }, { maxItemCount: 3 });
  twins.delete(2);
  twins.add(entryOf(7, twinDocument({ deviceId: 'd6' })));
  expect((await runQuery(query, { twins }, { continuation })).items).toEqual([
    { deviceId: 'd3' },
    { deviceId: 'd4' },
    { deviceId: 'd5' },
    { deviceId: 'd6' },
  ]);
});

describe('a continuation token is refused', () => {
  const fleet = twinSource(fleetOf(3));
  let continuation = '';
  beforeAll(async () => {
    ({ continuation = '' } = await runQuery('SELECT * FROM devices', fleet, { maxItemCount: 1 }));
  });

  test.each([
    ['of another query', 'SELECT deviceId FROM devices', () => continuation],
    ['that was cut off', 'SELECT * FROM devices', () => continuation.slice(0, -3)],
    ['that is junk', 'SELECT * FROM devices', () => 'junk'],
    ['that is empty', 'SELECT * FROM devices', () => ''],
  ])('%s', async (_, text, token) => {
    await expect(runQuery(text, fleet, { continuation: token() })).rejects.toThrow(QueryError);
  });
});
