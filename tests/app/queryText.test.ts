import fc from 'fast-check';
import { parseQuery } from '../../emulator/src/query/parse';
import { type Condition, toText } from '../../src/conditions/condition';
import { unwrapContinuation, wrapContinuation } from '../../src/conditions/continuation';
import { namesOf, type PropertyPath, parsePropertyPath, plainPath } from '../../src/conditions/propertyPath';
import { countQuery, listQuery, maxQueryLength } from '../../src/conditions/twinQuery';
import { InvalidInputError } from '../../src/errors/invalidInputError';

const plant = parsePropertyPath('tags.location.plant');
const rate = parsePropertyPath('properties.desired.rate');

describe('a condition is written', () => {
  const compare: Condition = { kind: 'compare', path: rate, operator: '>=', value: 5 };
  const located: Condition = { kind: 'compare', path: plant, operator: '=', value: 'P1' };

  it.each<[Condition, string]>([
    [located, "tags.location.plant = 'P1'"],
    [compare, 'properties.desired.rate >= 5'],
    [{ kind: 'compare', path: plant, operator: '!=', value: true }, 'tags.location.plant != true'],
    [{ kind: 'in', path: plant, values: ['P1', "P'2"] }, "tags.location.plant IN ['P1', 'P\\'2']"],
    [{ kind: 'startsWith', path: plant, start: "P'" }, "STARTSWITH(tags.location.plant, 'P\\'')"],
    [{ kind: 'isDefined', path: plant }, 'is_defined(tags.location.plant)'],
    [{ kind: 'not', condition: located }, "NOT (tags.location.plant = 'P1')"],
    [
      {
        kind: 'or',
        conditions: [
          { kind: 'and', conditions: [located, compare] },
          { kind: 'isDefined', path: rate },
        ],
      },
      "((tags.location.plant = 'P1') AND (properties.desired.rate >= 5)) OR (is_defined(properties.desired.rate))",
    ],
  ])('as text %#', (condition, text) => {
    expect(toText(condition)).toBe(text);
  });
});

describe('a value stays a value', () => {
  /** Reads `path = 'literal'` by the language's rules, and fails where the literal ends early. */
  function readValue(text: string): string {
    const literal = /^tags\.location\.plant = '((?:[^'"\\\p{Cc}]|\\['"\\]|\\u[0-9a-f]{4})*)'$/u.exec(text)?.[1];
    if (literal === undefined) throw new Error(`Not one comparison with one string: ${text}`);
    return literal.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code, character) =>
      code === undefined ? character : String.fromCharCode(Number.parseInt(code, 16)),
    );
  }

  const text = (value: string) => toText({ kind: 'compare', path: plant, operator: '=', value });

  it.each(["x' OR '1'='1", "x\\' OR 1=1", '"', '\\', "''", 'a\nb\0', '\\u0027', '\ud800'])('%j', (value) => {
    expect(readValue(text(value))).toBe(value);
  });

  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(readValue(text(value))).toBe(value);
      }),
    );
  });
});

describe('a property path', () => {
  it.each([
    ['deviceId', 'deviceId'],
    ['tags.location.plant', 'tags.location.plant'],
    ['properties.reported.connectivity', 'properties.reported.connectivity'],
    ['properties.desired._a.b2', 'properties.desired._a.b2'],
    ['tags.group.Order', 'tags.[[group]].Order'],
    ['tags.a.NOT', 'tags.a.[[NOT]]'],
    ['tags.fw-version', 'tags.[[fw-version]]'],
    ['tags.1floor', 'tags.[[1floor]]'],
    ['tags["1floor"]', 'tags.[[1floor]]'],
    ['tags.größe.m²', 'tags.[[größe]].[[m²]]'],
    ['properties.reported["a,b"].c', 'properties.reported.[[a,b]].c'],
    ['statusUpdatedTime', 'statusUpdateTime'],
    ['modelId', 'modelId'],
    ['properties.desired.$version', 'properties.desired.$version'],
    [
      'properties.reported.$metadata.fw-version.$lastUpdated',
      'properties.reported.$metadata.[[fw-version]].$lastUpdated',
    ],
    ['properties.reported.$metadata.$lastUpdated', 'properties.reported.$metadata.$lastUpdated'],
  ])('%s is written %s', (path, text) => {
    expect(parsePropertyPath(path)).toBe(text);
  });

  it.each([
    '',
    'tags',
    'tags.',
    'tags..a',
    'tags.a.',
    '.tags.a',
    'tags.a b',
    'tags["a b"]',
    'tags["a.b"]',
    'tags["a]]b"]',
    'tags["a',
    'tags[""]',
    'tags.a#b',
    'tags.$x',
    'tags.$version',
    'properties.desired.$x',
    'properties.desired.$metadata',
    'properties.desired.a.$lastUpdated',
    'properties.desired.$metadata.a$b.$lastUpdated',
    'tags.\ud800',
    'tags.[[group]]',
    "tags.a = '1' OR tags.b",
    'properties.a',
    'properties.desired',
    'DeviceId',
    'tags.a\n',
    'constructor',
  ])('%j is none', (path) => {
    expect(() => parsePropertyPath(path)).toThrow('is not a property path');
  });

  it('is read by a hub as the names that were given, and given again as it may be read', () => {
    const names = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
        fc.constantFrom('a', 'group', '[[', ']]', ',', '"', "'", '=', '[0]', ' OR ', '\\'),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(names, (given) => {
        const text = given.map((name) => `[${JSON.stringify(name)}]`).join('');
        let path: PropertyPath;
        try {
          path = parsePropertyPath(`tags${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
          return;
        }
        expect(namesOf(path)).toEqual(['tags', ...given]);
        expect(parsePropertyPath(plainPath(path))).toBe(path);
        expect(parseQuery(`SELECT * FROM devices WHERE is_defined(${path})`)).toMatchObject({
          where: { args: [{ kind: 'path', names: ['tags', ...given] }] },
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a query', () => {
  const fields = { location: plant, connectivity: parsePropertyPath('properties.reported.connectivity') };

  it('counts, or lists what it shows', () => {
    expect(countQuery({ kind: 'isDefined', path: plant })).toBe(
      'SELECT COUNT() AS deviceCount FROM devices WHERE is_defined(tags.location.plant)',
    );
    expect(listQuery(fields, undefined)).toBe(
      'SELECT deviceId AS deviceId, tags.location.plant AS location, ' +
        'properties.reported.connectivity AS connectivity FROM devices',
    );
  });

  it('has at most 8192 characters', () => {
    const of = (length: number) =>
      countQuery({ kind: 'compare', path: plant, operator: '=', value: 'x'.repeat(length) });
    const overhead = of(0).length;
    expect(of(maxQueryLength - overhead)).toHaveLength(8192);
    expect(() => of(maxQueryLength - overhead + 1)).toThrow('8193 characters');
  });
});

describe('a continuation', () => {
  const paged = { query: 'SELECT *', pageSize: 10 };

  it('leads back to the token of the hub', () => {
    expect(unwrapContinuation(paged, wrapContinuation(paged, 'token=='))).toBe('token==');
  });

  it.each([
    ['another query', wrapContinuation({ ...paged, query: 'SELECT deviceId' }, 't')],
    ['another page size', wrapContinuation({ ...paged, pageSize: 11 }, 't')],
    ['a token that no header can carry', wrapContinuation(paged, 'a\r\nb: c')],
    ['no continuation of ours', 'AAAA'],
    ['no base64', '☃'],
    ['other JSON', Buffer.from('{"a":1}').toString('base64url')],
  ])('of %s is refused', (_name, continuation) => {
    expect(() => unwrapContinuation(paged, continuation)).toThrow('does not belong to this query');
  });
});
