import fc from 'fast-check';
import * as z from 'zod/mini';
import type { Expression, Query } from '../../emulator/src/query/ast';
import { parseQuery } from '../../emulator/src/query/parse';
import { toText } from '../../src/conditions/condition';
import {
  type ConditionJson,
  conditionSchema,
  maxConditionDepth,
  parseCondition,
  parseConditionText,
} from '../../src/conditions/conditionJson';
import { parsePropertyPath } from '../../src/conditions/propertyPath';
import { countQuery } from '../../src/conditions/twinQuery';
import { InvalidInputError } from '../../src/errors/invalidInputError';
import type { Json } from '../../src/json';

const paths = {
  location: parsePropertyPath('tags.location.plant'),
  connectivity: parsePropertyPath('properties.reported.connectivity'),
};
const parse = (json: unknown) => parseCondition(json as Json, paths);

/** What a condition means, worked out from its JSON alone. */
function meaningOf(json: ConditionJson): Expression {
  if ('and' in json) return json.and.map(meaningOf).reduce((left, right) => binary('and', left, right));
  if ('or' in json) return json.or.map(meaningOf).reduce((left, right) => binary('or', left, right));
  if ('not' in json) return { kind: 'unary', operator: 'not', operand: meaningOf(json.not) };
  if (!('path' in json)) {
    const parts = [
      ...(json.location === undefined ? [] : [goingBy(pathOf(paths.location), json.location)]),
      ...(json.connectivity === undefined ? [] : [goingBy(pathOf(paths.connectivity), json.connectivity)]),
    ];
    return parts.reduce((left, right) => binary('and', left, right));
  }
  if (json.op === 'is_defined') return { kind: 'call', name: 'is_defined', args: [pathOf(json.path)] };
  if (json.op === 'in') {
    return { kind: 'in', operand: pathOf(json.path), values: json.value.map(literal), negated: false };
  }
  if (json.op === 'startswith')
    return { kind: 'call', name: 'startswith', args: [pathOf(json.path), literal(json.value)] };
  return binary(json.op, pathOf(json.path), literal(json.value));
}

/** 43, "43", true and "true" each stand for the two that are written alike. */
function goingBy(operand: Expression, value: string | number | boolean): Expression {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const other = [true, false, Number(text)].find((each) => JSON.stringify(each) === text);
  if (other === undefined) return binary('=', operand, literal(text));
  return { kind: 'in', operand, values: [literal(text), literal(other)], negated: false };
}

function binary(operator: Extract<Expression, { kind: 'binary' }>['operator'], left: Expression, right: Expression) {
  return { kind: 'binary' as const, operator, left, right };
}

function pathOf(path: string): Expression {
  return { kind: 'path', names: path.split('.') };
}

function literal(value: string | number | boolean): Expression {
  if (typeof value !== 'number') return { kind: 'literal', value };
  const size: Expression = { kind: 'literal', value: Math.abs(value) };
  return value < 0 ? { kind: 'unary', operator: '-', operand: size } : size;
}

const queryText = ["x' OR '1'='1", '\\', "\\'", '"', "'--", '\u0000', '\ud800', '\u2028', '[[', ') OR (', 'ÿ', ''];
const scalars = fc.oneof(
  fc.constantFrom<string>(...queryText),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
);
/** Of texts, those that mean nothing but themselves. */
const plainScalars = scalars.filter((value) => typeof value !== 'string' || !/^(now|v?\d)/i.test(value));
const names = fc.oneof(
  fc.stringMatching(/^[A-Za-z_]\w{0,8}$/),
  fc.constantFrom('group', 'Select', 'NOT', 'count', 'in', 'is_defined', 'fw-version', '1floor', 'größe', 'a=b(c)'),
);
const validPaths = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('tags', 'properties.desired', 'properties.reported'),
      fc.array(names, { minLength: 1, maxLength: 4 }),
    )
    .map(([section, rest]) => [section, ...rest].join('.')),
  fc.constantFrom(
    'deviceId',
    'modelId',
    'properties.desired.$version',
    'properties.reported.$metadata.$lastUpdatedVersion',
  ),
);
const conditions = fc.letrec<{ condition: ConditionJson }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ location: scalars, connectivity: scalars }, { requiredKeys: ['location'] }),
    fc.record({ connectivity: scalars }),
    fc.record({ path: validPaths, op: fc.constantFrom('=', '!=', '<', '<=', '>', '>='), value: plainScalars }),
    fc.record({
      path: validPaths,
      op: fc.constant('in'),
      value: fc.array(scalars, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ path: validPaths, op: fc.constant('is_defined') }),
    fc.record({ path: validPaths, op: fc.constant('startswith'), value: fc.string({ unit: 'binary', maxLength: 12 }) }),
    fc.record({ and: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ) as fc.Arbitrary<ConditionJson>,
})).condition;

/** A query as the emulator reads it, by the documented language; where its parts stand in the text does not matter. */
function readQuery(text: string): Query {
  const withoutPlaces = (key: string, value: unknown) => (key === 'at' ? undefined : value);
  // Of the functions, STARTSWITH is documented for routes only, and taken.
  const dialect = text.includes('STARTSWITH(') ? 'twins' : 'strict';
  return JSON.parse(JSON.stringify(parseQuery(text, dialect), withoutPlaces)) as Query;
}

function readCondition(text: string): Expression | undefined {
  return readQuery(`SELECT * FROM devices WHERE ${text}`).where;
}

/** Either what the condition means, or the path of its fault. */
function outcome(json: unknown): Expression | string | undefined {
  try {
    return readCondition(toText(parse(json)));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    expect(error.path).toMatch(/^where/);
    return error.path ?? '';
  }
}

describe('a condition', () => {
  it('is read by a hub as it was meant, whatever its values', () => {
    fc.assert(
      fc.property(conditions, (json) => {
        fc.pre(JSON.stringify(json).length < 2000);
        const meaning = meaningOf(json);
        expect(readCondition(toText(parse(json)))).toEqual(meaning);
        expect(readQuery(countQuery(parse(json)))).toEqual({
          select: { kind: 'items', items: [{ value: { kind: 'aggregate', name: 'count' }, alias: 'deviceCount' }] },
          source: 'devices',
          where: meaning,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('with anything in it that is none is refused, or read as it was meant', () => {
    const damaged = fc
      .tuple(conditions, fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('path', 'op')))
      .map(([json, at, replacement]) => replaceAt(json as Json, at, replacement as Json));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.jsonValue()), (json) => {
        const result = outcome(json);
        if (typeof result !== 'string') expect(result).toEqual(meaningOf(conditionSchema.parse(json)));
      }),
      { numRuns: 1000 },
    );
  });

  it('has no path but those of the grammar', () => {
    const fragments = fc.array(
      fc.oneof(
        names,
        fc.constantFrom('.', 'tags', 'properties', ' ', "'", '[[', ']]', '=', ' OR ', '(', ')', '\n', '$', '-'),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fragments.map((parts) => parts.join('')),
          validPaths,
        ),
        (path) => {
          const result = outcome({ path, op: 'is_defined' });
          if (typeof result === 'string') expect(result).toBe('where.path');
          else expect(result).toEqual({ kind: 'call', name: 'is_defined', args: [pathOf(path)] });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each<[string, number]>([
    ['1000000000000000000000', 1e21],
    ['-0.00000012', -1.2e-7],
    ['12345678900000000000000', 1.23456789e22],
    ['0', -0],
  ])('writes the number %s without an exponent', (text, value) => {
    expect(toText(parse({ path: 'tags.a', op: '<', value }))).toBe(`tags.a < ${text}`);
  });

  const deep = (levels: number): unknown => (levels === 1 ? { location: 'P1' } : { not: deep(levels - 1) });

  it.each<[string, unknown, string, string]>([
    ['a list', [], 'where', 'is not a condition'],
    ['text', "location = 'P1'", 'where', 'is not a condition'],
    ['nothing', {}, 'where', 'at least one member'],
    ['text that tells how', 'P1', 'where', 'write {"location":"Redmond43"}'],
    ['an unknown member', { location: 'P1', plant: 1 }, 'where.plant', 'takes location, connectivity'],
    [
      'a path and its value',
      { 'tags.floor': 3 },
      'where.tags.floor',
      'of another property write {"path":"tags.floor","op":"=","value":3}.',
    ],
    ['two forms at once', { and: [{ location: 'P1' }], location: 'P2' }, 'where.location', 'takes and'],
    [
      'a path beside a location',
      { path: 'tags.a', op: '=', value: 1, location: '' },
      'where.location',
      'path, op, value',
    ],
    ['a member of a prototype', JSON.parse('{"location":"a","__proto__":1}'), 'where.__proto__', 'takes location'],
    ['a null location', { location: null }, 'where.location', 'a string, a number'],
    ['no path', { op: '=', value: 1 }, 'where.path', 'property path'],
    ['no operator', { path: 'tags.a', value: 1 }, 'where.op', 'is_defined'],
    ['an operator of another language', { path: 'tags.a', op: 'LIKE', value: 1 }, 'where.op', 'one of ='],
    ['no value', { path: 'tags.a', op: '=' }, 'where.value', 'a string, a number'],
    ['a value that is a list', { path: 'tags.a', op: '=', value: [1] }, 'where.value', 'with "in"'],
    ['a number beyond doubles', { path: 'tags.a', op: '=', value: JSON.parse('1e999') }, 'where.value', 'a number'],
    ['no list', { path: 'tags.a', op: 'in', value: 1 }, 'where.value', 'with "in" a list'],
    ['an empty list', { path: 'tags.a', op: 'in', value: [] }, 'where.value', 'at least one'],
    ['a list in a list', { path: 'tags.a', op: 'in', value: [1, [2]] }, 'where.value[1]', 'a string, a number'],
    ['a value too many', { path: 'tags.a', op: 'is_defined', value: 1 }, 'where.value', 'takes path, op'],
    ['a path that is none', { not: { path: "tags.a = '", op: 'is_defined' } }, 'where.not.path', 'not a property path'],
    ['an empty AND', { and: [] }, 'where.and', 'at least one'],
    ['an OR of no list', { or: { location: 'P1' } }, 'where.or', 'at least one'],
    [
      'an inner fault',
      { and: [{ location: 'P1' }, { or: [{ not: { a: 1 } }] }] },
      'where.and[1].or[0].not.a',
      'member',
    ],
    ['deep nesting', deep(maxConditionDepth + 1), `where${'.not'.repeat(maxConditionDepth)}`, 'deep'],
    ['great length', { location: 'x'.repeat(9000) }, 'where', '8192'],
  ])('of %s is refused by the path of its fault', (_name, json, path, detail) => {
    const refusal = (() => {
      try {
        return parse(json);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect(refusal).toMatchObject({ path, message: expect.stringContaining(detail) });
  });

  it('may nest as deep as is said', () => {
    expect(() => parse(deep(maxConditionDepth))).not.toThrow();
  });

  it('as text must be JSON', () => {
    expect(parseConditionText('{"location":"P1"}', paths)).toEqual(parse({ location: 'P1' }));
    expect(() => parseConditionText('{"location":', paths, 'filter')).toThrow(
      'filter is not well-formed JSON, URL-encoded: write {"location":"Redmond43"}',
    );
  });

  it('has a JSON Schema, which nests', () => {
    const schema = z.toJSONSchema(conditionSchema);
    expect(JSON.stringify(schema)).toContain('"$ref"');
    expect(JSON.stringify(schema)).toContain('is_defined');
  });
});

/** The JSON with one of its values replaced; which one, `at` tells. */
function replaceAt(json: Json, at: number, replacement: Json): Json {
  const count = JSON.stringify(json).match(/[:,[]/g)?.length ?? 1;
  let left = at % count;
  return JSON.parse(JSON.stringify(json, (_key, value) => (left-- === 0 ? replacement : value)) ?? 'null') as Json;
}
