import fc from 'fast-check';
import { startOfDay, withCursor } from '../../page/src/fleet/cursors';
import { lastMatrix, locationLines } from '../../page/src/fleet/matrix';
import { nextPause } from '../../page/src/live/pace';
import { toCsv } from '../../page/src/logic/csv';
import { type Term, toWords } from '../../page/src/logic/filterWords';
import { fromText, isSame, toText } from '../../page/src/logic/json';
import { leavesOf, meetings, merge, patchBetween, withValue } from '../../page/src/logic/mergePatch';
import { quoted, toCommand } from '../../page/src/logic/shell';
import { formatAge, formatShare, formatSpan } from '../../page/src/logic/words';
import { parseCell } from '../../src/api/formats/parseCell';
import { readCsv } from '../../src/api/formats/readCsv';
import { parseWords } from '../../src/conditions/deviceFilter';
import { parsePropertyPath } from '../../src/conditions/propertyPath';
import type { JsonObject } from '../../src/json';

const name = fc.string({ minLength: 1, maxLength: 4 });
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }));
const { object } = fc.letrec<{ object: JsonObject }>((tie) => ({
  object: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, leaf, tie('object')), { maxKeys: 4 }),
}));

describe('tags', () => {
  test('what is sent makes of what was read what was edited', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(merge(before, patchBetween(before, after))).toEqual(after);
      }),
    );
  });

  test('nothing is sent where nothing was edited', () => {
    fc.assert(fc.property(object, (tags) => expect(patchBetween(tags, structuredClone(tags))).toEqual({})));
  });

  test('a name that objects have of their own is a tag as any other', () => {
    const tags: JsonObject = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    const edited = withValue(withValue(tags, ['__proto__', 'a'], 3), ['toString'], true);
    expect(JSON.stringify(patchBetween(tags, edited))).toBe('{"__proto__":{"a":3},"toString":true}');
    expect(leavesOf(tags).map(({ path }) => path.join('.'))).toEqual(['__proto__.a', 'constructor']);
  });

  test('a value that is removed leaves its neighbours', () => {
    expect(withValue({ a: { b: 1, c: 2 } }, ['a', 'b'], undefined)).toEqual({ a: { c: 2 } });
  });

  test('who was slower is told what both have changed, and nothing that neither has', () => {
    const before = { plant: 'A', floor: 1, line: 2 };
    const now = { plant: 'B', floor: 1, line: 2 };
    expect(meetings(before, now, { plant: 'C', line: null })).toEqual([
      { path: ['plant'], before: 'A', now: 'B', ours: 'C' },
      { path: ['line'], before: 2, now: 2, ours: undefined },
    ]);
  });
});

describe('values as text', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.oneof(leaf, object, fc.string({ unit: 'binary' })), (value) => {
        expect(isSame(fromText(toText(value)), value)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['43', 43],
    ['"43"', '43'],
    ['1.10', '1.10'],
    ['true', true],
    ['Redmond43', 'Redmond43'],
    ['{"a":1}', { a: 1 }],
  ])('%s is read as the app reads a cell', (text, value) => {
    expect(fromText(text)).toEqual(value);
    expect(parseCell(text)).toEqual(value);
  });

  test('what turns text round is spelled out', () => {
    expect(toText('a\u202eb')).toBe('"a\\u202eb"');
  });
});

describe('an export', () => {
  test('is read back by the rules of the app', () => {
    const cell = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const text = toCsv(['a', 'b'], rows);
        const [, ...read] = [...readCsv(text)].map(({ cells }) => cells.map((each) => parseCell(each)));
        expect(read).toEqual(rows);
      }),
    );
  });

  test.each(['=1+1', '+1', '-1', '@x', '\tx', '＝1', ' =1', ';=1'])('no spreadsheet takes %j for a formula', (text) => {
    expect(toCsv(['a'], [[text]]).split('\r\n')[1]).toMatch(/^"""/);
  });
});

describe('a condition by clicking', () => {
  const paths = {
    location: parsePropertyPath('tags.location.plant'),
    connectivity: parsePropertyPath('properties.reported.connectivity'),
  };
  const op = fc.constantFrom('=', '!=', '<', '>=', 'startswith', 'is_defined', 'not is_defined');
  const term = fc.record({ path: fc.constantFrom('tags.floor', 'tags.note', 'location'), op, value: fc.string() });

  test('is one in the filter language, whatever was typed as a value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(term as fc.Arbitrary<Term>, { maxLength: 3 }), async (terms) => {
        const words = toWords(terms);
        if (words !== '') await parseWords(words, paths as never);
      }),
    );
  });

  test.each([
    [{ path: 'tags.floor', op: '>=', value: '2' }, 'tags.floor >= 2'],
    [{ path: 'tags.a', op: '=', value: 'x" or true' }, 'tags.a = "x\\" or true"'],
    [{ path: 'deviceId', op: 'startswith', value: '7' }, 'startswith(deviceId, "7")'],
    [{ path: 'tags.site', op: 'not is_defined', value: 'left over' }, 'not is_defined(tags.site)'],
    [{ path: 'lastActivityTime', op: '<', value: 'now-1d' }, 'lastActivityTime < now-1d'],
    [{ path: '', op: '=', value: 'x' }, ''],
  ] as const)('%j', (each, words) => expect(toWords([each])).toBe(words));
});

test('a command is quoted for the shell', () => {
  expect(quoted(`it's $HOME`)).toBe(`'it'\\''s $HOME'`);
  expect(toCommand('query', { where: 'a = 1', all: true, fields: '' })).toBe(
    "npm run fleet -- query --where 'a = 1' --all",
  );
  expect(toCommand('members', { all: true }, ['-x'])).toBe('npm run fleet -- members --all -- -x');
});

describe('the matrix', () => {
  const trends = {
    step: 300,
    times: ['2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z'],
    total: [9, 10, null],
    enabled: [9, 9, null],
    changes: [null, 3, null],
    series: [
      { location: 'A', connectivity: 'wifi', counts: [1, 2, null] },
      { location: 'A', connectivity: null, counts: [1, 1, null] },
      { location: 'B', connectivity: 'wifi', counts: [null, 5, null] },
      { location: null, connectivity: 'wifi', counts: [0, 0, null] },
    ],
  };

  test('is the last point that was counted; the largest places and networks come first', () => {
    expect(lastMatrix(trends)).toEqual({
      at: '2026-01-01T00:05:00Z',
      total: 10,
      enabled: 9,
      devices: 8,
      connectivities: ['wifi', null],
      rows: [
        { location: 'B', devices: 5, cells: [5, undefined] },
        { location: 'A', devices: 3, cells: [2, 1] },
      ],
    });
  });

  test('is not there before the first point', () => {
    expect(lastMatrix({ ...trends, total: [null, null, null], series: [] })).toBeUndefined();
  });

  test('gaps stay gaps in the lines; small places are one', () => {
    expect(locationLines(trends, 1)).toEqual([
      { label: 'B', values: [null, 5, null] },
      { label: 'others', values: [2, 3, null] },
    ]);
  });
});

test('a feed is asked every two seconds while changes come, then ever more seldom, to thirty', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8].reduce<number[]>(
    (all) => [...all, nextPause(all.at(-1) ?? 0, false)],
    [2000],
  );
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBe(30_000);
  expect(nextPause(30_000, true)).toBe(2000);
});

test('the feed is read from where it stood a day ago, which is kept once an hour', () => {
  const hour = 3_600_000;
  const cursors = Array.from({ length: 200 }, (_, index) => index * (hour / 4)).reduce<
    { at: number; cursor: string }[]
  >((all, at) => withCursor(all, `c${at / hour}`, at), []);
  expect(cursors.map(({ cursor }) => cursor)).toEqual(Array.from({ length: 48 }, (_, index) => `c${index + 2}`));
  expect(startOfDay(cursors, 25.5 * hour)).toBe('c25');
  expect(startOfDay(cursors, hour)).toBeUndefined();
});

test('numbers for people', () => {
  expect([0, 89, 90, 5400, 36 * 3600].map(formatSpan)).toEqual(['0 s', '89 s', '2 min', '2 h', '2 days']);
  expect(formatAge(1_000_000, 990_000)).toBe('just now');
  expect([formatShare(1, 3), formatShare(0, 0)]).toEqual(['33.3%', '–']);
});
