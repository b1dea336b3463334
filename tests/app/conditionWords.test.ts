import fc from 'fast-check';
import { parseFields } from '../../src/conditions/chosenFields';
import { toText } from '../../src/conditions/condition';
import type { ConditionJson } from '../../src/conditions/conditionJson';
import { parseCondition } from '../../src/conditions/conditionJson';
import { parseFilter, parseWords } from '../../src/conditions/deviceFilter';
import { parsePropertyPath, plainPath } from '../../src/conditions/propertyPath';
import type { Json } from '../../src/json';

const paths = {
  location: parsePropertyPath('tags.location.plant'),
  connectivity: parsePropertyPath('properties.reported.connectivity'),
};
const now = new Date('2026-11-29T12:00:00.500Z');
const words = async (text: string) => toText(await parseWords(text, paths, now));
const json = (condition: Json) => toText(parseCondition(condition, paths, 'where', now));

/** A condition in words, with every parenthesis that can stand. */
function print(condition: ConditionJson): string {
  if ('and' in condition) return `(${condition.and.map(print).join(' and ')})`;
  if ('or' in condition) return `((${condition.or.map(print).join(') OR (')}))`;
  if ('not' in condition) return `not (${print(condition.not)})`;
  if (!('path' in condition)) {
    const short = Object.entries(condition).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    return `(${short.join(' and ')})`;
  }
  const { path, op } = condition;
  if (op === 'is_defined') return `is_defined(${path})`;
  if (op === 'startswith') return `startswith( ${path} , ${JSON.stringify(condition.value)})`;
  if (op === 'in') return `${path} in (${condition.value.map((each) => JSON.stringify(each)).join(',')})`;
  return `${path}${op}${JSON.stringify(condition.value)}`;
}

/** Without what words cannot tell apart: a list of one, and a location beside a connectivity. */
function plain(condition: ConditionJson): ConditionJson {
  if ('not' in condition) return { not: plain(condition.not) };
  if ('path' in condition) return condition;
  if (!('and' in condition) && !('or' in condition)) {
    const parts = Object.entries(condition).map(([name, value]) => ({ [name]: value }));
    return parts.length === 1 ? condition : { and: parts };
  }
  const [kind, list] = 'and' in condition ? ['and', condition.and] : ['or', condition.or];
  const [first, ...others] = list.map(plain);
  return others.length === 0 ? (first as ConditionJson) : ({ [kind as string]: [first, ...others] } as ConditionJson);
}

const scalars = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/^(now|v?\d)/i.test(text)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.boolean(),
);
const names = fc.constantFrom(
  'location',
  'connectivity',
  'deviceId',
  'tags.fw-version',
  'tags["a,b"].in',
  'tags.größe',
);
const conditions = fc.letrec<{ condition: ConditionJson }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ location: scalars, connectivity: scalars }, { requiredKeys: ['location'] }),
    fc.record({ path: names, op: fc.constantFrom('!=', '<', '<=', '>', '>='), value: scalars }),
    fc.record({ path: names, op: fc.constant('in'), value: fc.array(scalars, { minLength: 1, maxLength: 3 }) }),
    fc.record({ path: names, op: fc.constant('startswith'), value: fc.string({ unit: 'binary', maxLength: 8 }) }),
    fc.record({ path: names, op: fc.constant('is_defined') }),
    fc.record({ and: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ) as fc.Arbitrary<ConditionJson>,
})).condition;

describe('a condition in words', () => {
  it('means what the same one means as JSON', async () => {
    await fc.assert(
      fc.asyncProperty(conditions, async (condition) => {
        fc.pre(JSON.stringify(condition).length < 2000);
        expect(await words(print(condition))).toBe(json(plain(condition) as Json));
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Json]>([
    ['connectivity=wifi', { connectivity: 'wifi' }],
    ['location == 43', { location: 43 }],
    ["location <> 'A'", { path: 'location', op: '!=', value: 'A' }],
    ['tags.b = 1', { path: 'tags.b', op: '=', value: 1 }],
    ['tags.x = -1.5e3', { path: 'tags.x', op: '=', value: -1500 }],
    ['NOT tags.on = true', { not: { path: 'tags.on', op: '=', value: true } }],
    ['not not location = x', { not: { not: { location: 'x' } } }],
    [
      'location=a or location=b and connectivity=c',
      { or: [{ location: 'a' }, { and: [{ location: 'b' }, { connectivity: 'c' }] }] },
    ],
    ["tags.note = 'it\\'s \\u0041\\n'", { path: 'tags.note', op: '=', value: "it's A\n" }],
    ['lastActivityTime<now-1d', { path: 'lastActivityTime', op: '<', value: 'now-1d' }],
  ])('reads %s', async (text, condition) => {
    expect(await words(text)).toBe(json(condition));
  });

  it.each([
    ['', 1, 'a property'],
    ['location=', 10, 'a value'],
    ['location="a', 10, 'a value'],
    ['location=a and', 15, 'a property'],
    ['location=a location=b', 12, '"l" found'],
    ['tags.x in (1,2', 15, '")"'],
    ['startswith(deviceId,5)', 21, 'text in quotes'],
    ['tags.fw < 9.1.0', 14, '"." found'],
    [`${'('.repeat(9)}${'('.repeat(9000)}`, 33, 'nest deeper than 32'],
  ])('%.40j is refused at its column', async (text, column, why) => {
    const refusal = await parseWords(text, paths).catch((error) => error);
    expect(refusal).toMatchObject({ path: 'filter', message: expect.stringContaining(why) });
    expect(refusal.message).toMatch(new RegExp(`^filter, column ${column}: `));
  });

  it('goes together with what else chooses devices', async () => {
    const both = await parseFilter({ location: 'P', where: '{"connectivity":"c"}', filter: 'tags.x=1' }, paths);
    expect(toText(both as NonNullable<typeof both>)).toMatch(/^\(.*'P'.*\) AND \(.*'c'.*\) AND \(tags.x = 1\)$/);
  });
});

describe('a time', () => {
  it.each([
    ['lastActivityTime < now-1d', "lastActivityTime < '2026-11-28T12:00:00Z'"],
    ['lastActivityTime < now', "lastActivityTime < '2026-11-29T12:00:00Z'"],
    ['tags.installed > now-2w', "tags.installed > '2026-11-15T12:00:00Z'"],
    ['statusUpdatedTime >= now+90s', "statusUpdateTime >= '2026-11-29T12:01:30Z'"],
    ['lastActivityTime > "2026-01-31"', "lastActivityTime > '2026-01-31T00:00:00Z'"],
    ['lastActivityTime > "2026-01-31T08:00+02:00"', "lastActivityTime > '2026-01-31T06:00:00Z'"],
    [
      'properties.reported.$metadata.a.$lastUpdated < now-2h',
      "properties.reported.$metadata.a.$lastUpdated < '2026-11-29T10:00:00Z'",
    ],
    ['tags.word = "now-1d"', "tags.word = 'now-1d'"],
    ['tags.installed >= "2026-01-31"', "tags.installed >= '2026-01-31'"],
    ['tags.installed < "2026-01-31T08:00+02:00"', "tags.installed < '2026-01-31T08:00+02:00'"],
  ])('%s', async (text, query) => {
    expect(await words(text)).toBe(query);
  });

  it.each(['lastActivityTime < yesterday', 'lastActivityTime < 5', 'lastActivityTime = "2026-13-01"'])(
    '%s is none',
    async (text) => {
      await expect(words(text)).rejects.toThrow(/filter\.value is (no time: write now-1d|a time beyond)/);
    },
  );
});

describe('what compares to nothing is refused', () => {
  it.each([
    ['connectionState = "online"', 'Connected, Disconnected'],
    ['status in (enabled, Disabled)', 'enabled, disabled'],
    ['capabilities.iotEdge = "true"', 'true, false'],
    ['tags.fw < "9.1.0"', '00009.00001'],
    ['tags.fw >= "v9.1"', '00009.00001'],
  ])('%s', async (text, why) => {
    await expect(words(text)).rejects.toThrow(why);
  });

  it.each(['connectionState = Connected', 'tags.fw = "9.1.0"', 'tags.fw < "00009.00001"', 'tags.fw < 9.1'])(
    'but not %s',
    async (text) => {
      expect(await words(text)).toMatch(/[=<]/);
    },
  );
});

it('fields may have commas in their names', () => {
  expect(parseFields('tags.fw-version, tags["a,b"].c').map(plainPath)).toEqual(['tags.fw-version', 'tags["a,b"].c']);
});
