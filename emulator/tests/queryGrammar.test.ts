import fc from 'fast-check';
import { maxNesting, maxQueryLength, parseQuery } from '../src/query/parse';
import { QueryError } from '../src/query/queryError';
import { printQuery } from './support/printQuery';
import { queries } from './support/queryAsts';
import { withoutPositions } from './support/withoutPositions';

const parse = (text: string) => withoutPositions(parseQuery(text));
const where = (condition: string) => parse(`SELECT * FROM devices WHERE ${condition}`).where;

describe('the grammar of queries', () => {
  test('every query is read back from its text', () => {
    fc.assert(
      fc.property(queries, (query) => {
        expect(parse(printQuery(query))).toEqual(query);
      }),
      { numRuns: 500 },
    );
  });

  test('junk is refused with a QueryError and nothing else', () => {
    const words = fc.constantFrom(
      'SELECT',
      '*',
      'FROM',
      'devices',
      'WHERE',
      '(',
      ')',
      '[',
      ']]',
      "'",
      '\\',
      'IN',
      ',',
      'a',
    );
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 30 }).map((found) => found.join(' ')),
      fc.string().map((tail) => `SELECT * FROM devices WHERE ${tail}`),
    );
    fc.assert(
      fc.property(junk, (text) => {
        try {
          parseQuery(text);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['a = 1 OR b = 2 AND c = 3', 'a = 1 OR (b = 2 AND c = 3)'],
    ['NOT a = 1 AND b = 2', '(NOT (a = 1)) AND (b = 2)'],
    ['a + b * c > d - e % f', '(a + (b * c)) > (d - (e % f))'],
    ['a - b - c = 0', '((a - b) - c) = 0'],
    ['- a * b = 0', '((- a) * b) = 0'],
    ['a + 1 IN [2, 3]', '(a + 1) IN [2, 3]'],
    ['NOT a IN [1]', 'NOT (a IN [1])'],
    ['a <> 1', 'a != 1'],
    ['a = 0x1F', 'a = 31'],
    ['a = 1.5e1', 'a = 15'],
    ['a = "x"', "a = 'x'"],
    [`a = '\\'\\"\\\\\\u0041'`, `a = "'\\"\\\\A"`],
    ['[[tags]].[[site]] = 1', 'tags.site = 1'],
    ['IS_DEFINED(a) and TRUE', 'is_defined(a) AND true'],
    ['[[a-b]] = 1 AND b = 2 AND a.[[or]] = 3', '([[a-b]] = 1 AND b = 2) AND a.[[or]] = 3'],
  ])('%s means %s', (text, meaning) => {
    expect(where(text)).toEqual(where(meaning));
  });

  test('keywords and sources are found whatever their case', () => {
    expect(parse('select top 3 a as b from DEVICES where x = 1 group by a')).toEqual(
      parse('SELECT TOP 3 a AS b FROM devices WHERE x = 1 GROUP BY a'),
    );
  });

  test('AS may be left out', () => {
    expect(parse('SELECT COUNT() total FROM devices')).toEqual(parse('SELECT COUNT() AS total FROM devices'));
  });

  test.each([
    ['', 1, 1],
    ['SELECT * FROM things', 1, 15],
    ['SELECT *\nFROM devices\nWHERE a ==  1', 3, 10],
    ["SELECT * FROM devices WHERE a IN ('x')", 1, 34],
    ["SELECT * FROM devices WHERE a = 'x", 1, 33],
    ["SELECT * FROM devices WHERE a = 'it''s'", 1, 37],
    ["SELECT * FROM devices WHERE a = '\\n'", 1, 33],
    ['SELECT * FROM devices WHERE tags.group = 1', 1, 34],
    ['SELECT * FROM devices ORDER BY a', 1, 23],
    ['SELECT COUNT(a) FROM devices', 1, 14],
  ])('%j is refused at line %i, column %i', (text, line, column) => {
    expect(() => parseQuery(text)).toThrow(new RegExp(`^SQL query parse failed: Line ${line}:${column} `));
  });

  test('a query may be as long as the limit, and no longer', () => {
    const query = (length: number) => 'SELECT * FROM devices'.padEnd(length);
    expect(parseQuery(query(maxQueryLength)).source).toBe('devices');
    expect(() => parseQuery(query(maxQueryLength + 1))).toThrow(`has ${maxQueryLength + 1} characters`);
  });

  test('parentheses may nest as deep as the limit, and no deeper', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a = 1${')'.repeat(depth)}`;
    expect(where(nested(maxNesting))).toEqual(where('a = 1'));
    expect(() => where(nested(maxNesting + 1))).toThrow(`nests deeper than ${maxNesting}`);
  });

  test('brackets in strings do not nest', () => {
    const brackets = '(['.repeat(maxNesting);
    expect(where(`a = '${brackets}' AND b = "${brackets}"`)).toBeDefined();
  });
});
