import { runQuery } from '../src/query';
import { maxNesting, maxQueryLength, parseQuery } from '../src/query/parse';
import { twinDocument, twinSource } from './support/twinDocuments';

const fleet = twinSource([twinDocument({ deviceId: 'a' }), twinDocument({ deviceId: 'b' })]);
const start = 'SELECT * FROM devices WHERE ';

/** As many repetitions as the longest query has room for. */
function longest(part: string, end: string, begin = ''): string {
  const room = maxQueryLength - start.length - begin.length - end.length;
  return begin + part.repeat(Math.floor(room / part.length)) + end;
}

test.each([
  ['additions', longest('1+', '1 > 0')],
  ['conjunctions', longest('true AND ', 'true')],
  ['disjunctions', longest('tags.x OR ', 'true')],
  ['negations of negations', longest('NOT NOT ', 'true')],
  ['alternatives', longest("'x',", "'a','b']", 'deviceId IN [')],
  ['parentheses', `${'('.repeat(maxNesting)}1${')'.repeat(maxNesting)} = 1`],
  ['calls', `${'abs('.repeat(maxNesting)}1${')'.repeat(maxNesting)} = 1`],
])('the longest run of %s is answered', async (_, condition) => {
  expect((await runQuery(start + condition, fleet, {})).items).toHaveLength(2);
});

test('minus signs need parentheses to stand together', async () => {
  expect((await runQuery(`${start} -(-1) = 1`, fleet, {})).items).toHaveLength(2);
  await expect(runQuery(`${start} --1 = 1`, fleet, {})).rejects.toThrow('Line 1:31');
});

test('an error knows its line and column', () => {
  expect(() => parseQuery('SELECT *\nFROM devices\nWHERE a =')).toThrow(
    expect.objectContaining({ name: 'QueryError', line: 3, column: 10 }),
  );
});

test('a query goes on after many others were asked', async () => {
  const text = 'SELECT deviceId FROM devices';
  const { continuation } = await runQuery(text, fleet, { maxItemCount: 1 });
  for (let other = 0; other < 100; other++) await runQuery(`${text} WHERE tags.x = ${other}`, fleet, {});
  expect(await runQuery(text, fleet, { maxItemCount: 1, continuation })).toEqual({
    itemType: 'Raw',
    items: [{ deviceId: 'b' }],
  });
});
