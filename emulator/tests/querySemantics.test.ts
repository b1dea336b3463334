import fc from 'fast-check';
import { runQuery } from '../src/query';
import type { Expression } from '../src/query/ast';
import { compile } from '../src/query/evaluate';
import { QueryError } from '../src/query/queryError';
import type { Json } from '../src/service/types';
import { naiveEvaluate } from './support/naiveEvaluate';
import { expressionsOver, literals } from './support/queryAsts';
import { twinDocument, twinSource } from './support/twinDocuments';

const twin = twinDocument({
  deviceId: 'line-1',
  tags: { plant: 'Redmond43', floor: 4, group: 'a', big: 1e3, gone: null, on: true, list: [1, 2], more: { a: 1 } },
  reported: { connectivity: 'cellular', level: -2.5 },
});

/** Whether the one twin there is passes the condition. */
async function holds(condition: string): Promise<boolean> {
  const { items } = await runQuery(`SELECT * FROM devices WHERE ${condition}`, twinSource([twin]), {});
  return items.length === 1;
}

describe('a condition holds', () => {
  test.each([
    "tags.plant = 'Redmond43'",
    "tags.plant != 'Redmond40'",
    "tags.plant <> 'Redmond40'",
    'tags.floor < 5 AND tags.floor <= 4 AND tags.floor > 3 AND tags.floor >= 4',
    "tags.plant > 'Redmond'",
    'tags.floor * 2 + 1 = 9 AND tags.floor / 8 = 0.5 AND tags.floor % 3 = 1 AND tags.floor - 5 = -1',
    'properties.reported.level = -2.5',
    'array_contains(tags.list, 2) AND NOT ARRAY_CONTAINS(tags.list, 3) AND NOT array_contains(tags.list, "2")',
    'tags.big = 0x3E8',
    'tags.gone = null',
    'tags.on',
    'tags.on = true',
    "tags.plant IN ['a', 'Redmond43']",
    "tags.plant NIN ['a', 4]",
    'tags.floor IN [2 + 2]',
    'NOT is_defined(tags.nothing) AND is_defined(tags.gone) AND is_defined(tags.more)',
    "tags.nothing = 1 OR tags.plant = 'Redmond43'",
    "NOT (tags.nothing = 1 AND tags.plant = 'elsewhere')",
    "tags.[[group]] = 'a'",
    "DEVICEID = 'line-1' AND Properties.reported.connectivity = 'cellular'",
    'properties.reported.$version = 1',
    "startswith(deviceId, 'line') AND ENDSWITH(deviceId, '1') AND contains(deviceId, 'ne-')",
    "lower(tags.plant) = 'redmond43' AND upper('ab') = 'AB' AND length(tags.plant) = 9",
    "concat(tags.[[group]], '-', 'b') = 'a-b' AND substring('abcd', 1, 2) = 'bc' AND substring('abcd', 2) = 'cd'",
    "index_of('abc', 'c') = 2 AND as_number('12') = 12",
    'abs(-1) = 1 AND power(2, 3) = 8 AND square(3) = 9 AND sqrt(9) = 3 AND exp(0) = 1',
    'ceiling(1.2) = 2 AND floor(1.8) = 1 AND sign(-3) = -1',
    'is_array(tags.list) AND is_bool(tags.on) AND is_null(tags.gone) AND is_number(tags.floor)',
    'is_object(tags.more) AND is_primitive(tags.plant) AND is_string(tags.plant)',
    "lastActivityTime > '2025-12-31T00:00:00Z'",
  ])('where %s', async (condition) => {
    expect(await holds(condition)).toBe(true);
  });
});

describe('a condition does not hold', () => {
  test.each([
    "tags.plant = 'redmond43'",
    "tags.Plant = 'Redmond43'",
    "tags.floor = '4'",
    'tags.plant < 5',
    'tags.plant',
    'tags.floor',
    'tags.gone',
    'tags.nothing',
    "tags.nothing != 'a'",
    'tags.nothing = undefined',
    "NOT tags.nothing = 'a'",
    "tags.nothing NIN ['a']",
    'tags.nothing IN [undefined]',
    'tags.plant IN []',
    'tags.list = tags.list',
    'tags.list = [1, 2]',
    'tags.more NIN [1]',
    'tags.floor / 0 > 1',
    'tags.floor + tags.plant != 1',
    'substring(tags.plant, -1) != tags.plant',
    "as_number('x') != 1",
    'sqrt(-1) != 1',
    'tags.toString = tags.toString OR is_defined(constructor)',
    "startswith(tags.floor, '4') OR NOT startswith(tags.floor, '4')",
  ])('where %s', async (condition) => {
    expect(await holds(condition)).toBe(false);
  });
});

test('conditions mean what a plain reading of them means', () => {
  const values = fc.oneof(
    fc.constantFrom<Json>(0, 1, -1, 'a', 'b', '', true, false, null),
    fc.constantFrom<Json>([1], { a: 1 }),
  );
  const twins = fc.record({ a: values, b: fc.dictionary(fc.constantFrom('a', 'b'), values) });
  const paths: fc.Arbitrary<Expression> = fc.record({
    kind: fc.constant('path'),
    names: fc.constantFrom(['a'], ['b', 'a'], ['b', 'b'], ['b'], ['c']),
  });
  const small: fc.Arbitrary<Expression> = fc.record({
    kind: fc.constant('literal'),
    value: fc.constantFrom(0, 1, 2, 'a', 'b', true, false, null, undefined),
  });
  const conditions = expressionsOver(fc.oneof(paths, small, literals));
  fc.assert(
    fc.property(conditions, twins, (condition, one) => {
      expect(compile(condition)(one)).toEqual(naiveEvaluate(condition, one));
    }),
    { numRuns: 2000 },
  );
});

describe('the answer', () => {
  const fleet = twinSource([
    twinDocument({ deviceId: 'a', tags: { plant: 'X' }, reported: { level: 1 } }),
    twinDocument({ deviceId: 'b', tags: { plant: 'Y' }, reported: { level: 5 } }),
    twinDocument({ deviceId: 'c', tags: { plant: 'X' }, reported: { level: 4 } }),
    twinDocument({ deviceId: 'd', reported: { level: 'none' } }),
  ]);
  const ask = (text: string) => runQuery(text, fleet, {});

  test('of SELECT * is whole twins', async () => {
    expect(await ask("SELECT * FROM devices WHERE tags.plant = 'Y'")).toEqual({
      itemType: 'Twin',
      items: [twinDocument({ deviceId: 'b', tags: { plant: 'Y' }, reported: { level: 5 } })],
    });
  });

  test.each<[text: string, items: unknown[]]>([
    [
      'SELECT TOP 2 deviceId, tags.plant AS site FROM devices',
      [
        { deviceId: 'a', site: 'X' },
        { deviceId: 'b', site: 'Y' },
      ],
    ],
    ['SELECT tags.plant FROM devices WHERE deviceId NIN ["a", "b", "c"]', [{}]],
    ['SELECT TOP 0 deviceId FROM devices', []],
    ['SELECT COUNT() FROM devices', [{ COUNT: 4 }]],
    ['SELECT COUNT() AS total FROM devices WHERE false', [{ total: 0 }]],
    [
      `SELECT SUM(properties.reported.level) AS s, AVG(properties.reported.level) AS v,
        MIN(properties.reported.level) AS l, MAX(properties.reported.level) AS h FROM devices`,
      [{ s: 10, v: 10 / 3, l: 1, h: 5 }],
    ],
    ['SELECT SUM(tags.plant) AS s, AVG(tags.plant) AS v, MIN(tags.plant) FROM devices', [{ s: 0 }]],
    [
      'SELECT tags.plant AS site, COUNT() AS n, MAX(properties.reported.level) AS high FROM devices GROUP BY tags.plant',
      [{ site: 'X', n: 2, high: 4 }, { site: 'Y', n: 1, high: 5 }, { n: 1 }],
    ],
    ['SELECT COUNT() FROM devices WHERE false GROUP BY tags.plant', []],
    [
      'SELECT TOP 1 DeviceId, LASTACTIVITYTIME, Tags.plant FROM devices',
      [{ deviceId: 'a', lastActivityTime: expect.any(String), plant: 'X' }],
    ],
    ['SELECT DeviceId, COUNT() FROM devices WHERE deviceId = "a" GROUP BY deviceId', [{ deviceId: 'a', COUNT: 1 }]],
  ])('of %s has its columns', async (text, items) => {
    expect(await ask(text)).toEqual({ itemType: 'Raw', items });
  });

  test.each([
    ['SELECT deviceId, COUNT() FROM devices', 'not grouped by'],
    ['SELECT deviceId, COUNT() FROM devices GROUP BY tags.plant', 'not grouped by'],
    ['SELECT * FROM devices GROUP BY tags.plant', 'cannot be grouped'],
    ['SELECT deviceId, tags.deviceId FROM devices', "Two columns are named 'deviceId'"],
    ['SELECT deviceId, DeviceId FROM devices', "Two columns are named 'deviceId'"],
    ["SELECT * FROM devices WHERE starts_with(deviceId, 'a')", "no function 'starts_with'"],
    ['SELECT * FROM devices WHERE is_defined()', 'takes 1 argument'],
    ["SELECT * FROM devices WHERE startswith(deviceId, 'a', 'b')", 'takes 2 argument'],
  ])('of %s is a QueryError', async (text, message) => {
    await expect(ask(text)).rejects.toThrow(QueryError);
    await expect(ask(text)).rejects.toThrow(message);
  });

  test.each(['devices.modules', 'devices.jobs'])('of a query over %s is that it is not served', async (source) => {
    await expect(ask(`SELECT * FROM ${source}`)).rejects.toThrow(
      expect.objectContaining({ name: 'HubError', errorName: 'NotImplemented' }),
    );
  });
});
