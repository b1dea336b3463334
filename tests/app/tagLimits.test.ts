import fc from 'fast-check';
import { InvalidInputError } from '../../src/errors/invalidInputError';
import type { Json, JsonObject } from '../../src/json';
import { holdsPatch } from '../../src/twins/holdsPatch';
import { parseTagsPatch } from '../../src/twins/tags';

const nested = (depth: number, innermost: Json): Json =>
  depth === 0 ? innermost : { o: nested(depth - 1, innermost) };

describe('a patch of tags is accepted', () => {
  it.each<[string, Json]>([
    ['an empty patch', {}],
    ['a removal', { plant: null }],
    ['the largest integer', { n: 2 ** 52 - 1 }],
    ['the smallest integer', { n: -(2 ** 52) }],
    ['a fraction', { n: 1.5 }],
    ['a string of 4096 bytes', { s: 'é'.repeat(2048) }],
    ['a name of 1024 bytes', { ['é'.repeat(512)]: true }],
    ['names of other alphabets and the empty name', { 工場: 1, '': 2 }],
    ['ten objects with a value in the tenth', nested(10, { leaf: 1 })],
    ['ten objects with a list in the tenth', nested(10, { list: [1] })],
    ['8192 bytes in all', { a: 'x'.repeat(4095), b: 'x'.repeat(4095) }],
    ['control characters, which do not count', { a: '\n'.repeat(4096), b: '\n'.repeat(4096) }],
    [
      'removals, which do not count',
      { ...Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`${'x'.repeat(99)}${n}`, null])) },
    ],
  ])('with %s', (_name, body) => {
    expect(parseTagsPatch(body)).toBe(body);
  });
});

describe('a patch of tags is refused, and the path named', () => {
  it.each<[string, Json, string | undefined]>([
    ['a list', [], undefined],
    ['null', null, undefined],
    ['a string', 'tags', undefined],
    ['a name with a dot', { 'a.b': 1 }, 'tags.a.b'],
    ['a name with a dollar sign', { o: { $version: 1 } }, 'tags.o.$version'],
    ['a name with a number sign', { 'a#': 1 }, 'tags.a#'],
    ['a name with a space', { 'a b': 1 }, 'tags.a b'],
    ['a name with a control character', { 'a\u0085': 1 }, 'tags.a\u0085'],
    ['such a name to be removed', { 'a b': null }, 'tags.a b'],
    ['a name of 1025 bytes', { o: { [`x${'é'.repeat(512)}`]: 1 } }, 'tags.o'],
    ['a string of 4097 bytes', { o: { s: `x${'é'.repeat(2048)}` } }, 'tags.o.s'],
    ['such a string in a list', { l: ['', 'x'.repeat(4097)] }, 'tags.l[1]'],
    ['an integer too large', { n: 2 ** 52 }, 'tags.n'],
    ['an integer too small', { n: -(2 ** 52) - 1 }, 'tags.n'],
    ['a number beyond a double', { n: JSON.parse('1e999') }, 'tags.n'],
    ['null in a list', { l: [[null]] }, 'tags.l[0][0]'],
    ['null in an object in a list', { o: { l: [{ a: { b: null } }] } }, 'tags.o.l[0].a.b'],
    ['null in a list in an object in a list', { l: [{ a: [null] }] }, 'tags.l[0].a[0]'],
    ['an eleventh object', nested(11, {}), 'tags.o.o.o.o.o.o.o.o.o.o.o'],
    ['a list in a list in the tenth object', nested(10, { l: [[]] }), 'tags.o.o.o.o.o.o.o.o.o.o.l[0]'],
    ['8193 bytes in all', { a: 'x'.repeat(4095), b: 'x'.repeat(4096) }, 'tags'],
    ['too many bytes in numbers and booleans', { l: [...Array(1000).fill(1), ...Array(100).fill(true)] }, 'tags'],
  ])('with %s', (_name, body, path) => {
    expect(() => parseTagsPatch(body)).toThrow(InvalidInputError);
    expect(() => parseTagsPatch(body)).toThrow(expect.objectContaining({ path }));
  });

  it('however deep a body is nested', () => {
    const lists = JSON.parse('{"l":'.padEnd(60_000, '[').padEnd(119_995, ']').concat('}')) as Json;
    expect(() => parseTagsPatch(lists)).toThrow(InvalidInputError);
  });
});

describe('whether a twin holds a patch', () => {
  /** RFC 7396, section 2. */
  function merge(target: Json | undefined, patch: Json): Json {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
    const members = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
    const merged = new Map(Object.entries(members));
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) merged.delete(name);
      else merged.set(name, merge(merged.get(name), value));
    }
    return Object.fromEntries(merged);
  }

  const { tags } = fc.letrec<{ tags: JsonObject; value: Json }>((tie) => ({
    tags: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom<Json>(null, 1, 'x', [1]), tie('tags')),
  }));

  it('is told as the merge itself tells', () => {
    fc.assert(
      fc.property(tags, tags, (twin, patch) => {
        const target = merge({}, twin);
        const changesNothing = JSON.stringify(sorted(merge(target, patch))) === JSON.stringify(sorted(target));
        expect(holdsPatch(target, patch)).toBe(changesNothing);
        expect(holdsPatch(merge(target, patch), patch)).toBe(true);
      }),
    );
  });

  function sorted(value: Json): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.entries(value)
      .map(([name, member]) => [name, sorted(member)])
      .sort();
  }
});
