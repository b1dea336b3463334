import fc from 'fast-check';
import { checkValues, sectionSize } from '../src/hub/twinLimits';
import type { JsonObject } from '../src/service/types';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['device'] });
});
afterAll(() => emulator.stop());

async function write(method: 'PATCH' | 'PUT', body: object | string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await emulator.request({ method, path: '/twins/device', body: text });
  return { status: reply.status, code: reply.headers['iothub-errorcode'], text: reply.text };
}

/** Objects inside one another: a value at the path `a.a.…`, as many names as the depth. */
function nested(depth: number, value: unknown): JsonObject {
  return JSON.parse(`${'{"a":'.repeat(depth)}${JSON.stringify(value)}${'}'.repeat(depth)}`);
}

const path = (depth: number) => Array(depth).fill('a').join('.');

describe.each(['PATCH', 'PUT'] as const)('the limits of twins, by %s', (method) => {
  const fits: [what: string, tags: JsonObject][] = [
    ['a string of 4096 bytes', { a: 'x'.repeat(4096) }],
    ['a string of 4096 bytes in characters of two', { a: 'é'.repeat(2048) }],
    ['a name of 1024 bytes', { ['x'.repeat(1024)]: 1 }],
    ['a name that is empty, and one beyond ASCII', { '': 1, ключ: 1 }],
    ['the largest integers', { a: 2 ** 52 - 1, b: -(2 ** 52) }],
    ['a fraction', { a: 0.1, b: -1e-300 }],
    ['a value in the tenth object', nested(11, 'value')],
    ['arrays of all types', { a: [1, 'x', true, { b: [[]] }] }],
    ['8 KB of tags', { a: 'x'.repeat(4096), b: 'x'.repeat(4094) }],
  ];
  it.each(fits)('let %s pass', async (_, tags) => {
    expect(await write(method, { tags: null })).toMatchObject({ status: 200 });
    expect(await write(method, { tags })).toMatchObject({ status: 200 });
  });

  const tooMuch: [what: string, tags: JsonObject, names: string][] = [
    ['a string of 4097 bytes', { a: { b: 'x'.repeat(4097) } }, 'tags.a.b'],
    ['a string of 4097 bytes in an array', { a: ['x'.repeat(4097)] }, 'tags.a[0]'],
    ['a string of 4098 bytes in characters of two', { a: 'é'.repeat(2049) }, 'tags.a'],
    ['a name of 1025 bytes', { a: { ['x'.repeat(1025)]: 1 } }, 'tags.a'],
    ['a name with a full stop', { a: { 'b.c': 1 } }, "'b.c' in tags.a"],
    ['a name with a dollar sign', { $a: 1 }, "'$a' in tags"],
    ['a name with a hash', { 'a#': 1 }, "'a#' in tags"],
    ['a name with a space', { 'a b': 1 }, "'a b' in tags"],
    ['a name with a control character', { 'a\u0085': 1 }, 'in tags'],
    ['a name to remove that cannot be', { 'a b': null }, "'a b' in tags"],
    ['an integer past the largest', { a: 2 ** 52 }, 'tags.a'],
    ['an integer past the least', { a: -(2 ** 52) - 1 }, 'tags.a'],
    ['an eleventh object', nested(12, 'value'), `tags.${path(11)}`],
    ['a null in an array', { a: { b: [1, null] } }, 'tags.a.b[1]'],
    ['a null in an array of arrays', { a: [[null]] }, 'tags.a[0][0]'],
    ['a null in an object in an array', { a: [{ b: { c: null } }] }, 'tags.a[0].b.c'],
    ['more than 8 KB of tags', { a: 'x'.repeat(4096), b: 'x'.repeat(4095) }, 'tags'],
  ];
  it.each(tooMuch)('refuse %s and name the place', async (_, tags, names) => {
    const { status, code, text } = await write(method, { tags });
    expect([status, code]).toEqual([400, 'ArgumentInvalid']);
    expect(JSON.parse(text).Message).toContain(names);
  });

  it('refuse a number that no double holds', async () => {
    expect(await write(method, '{"tags":{"a":1e999}}')).toMatchObject({ status: 400, code: 'ArgumentInvalid' });
  });

  it('give desired properties 32 KB', async () => {
    const kilobytes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index + 10}`, 'x'.repeat(1018)]));
    const desired = (properties: object) => write(method, { properties: { desired: properties } });
    await desired({});
    expect(await desired(kilobytes(32))).toMatchObject({ status: 200 });
    expect(await desired({ ...kilobytes(32), more: 1 })).toMatchObject({ status: 400, code: 'ArgumentInvalid' });
  });
});

it('refuses a patch whole where one section breaks a limit', async () => {
  const before = (await emulator.request({ path: '/twins/device' })).text;
  const { status } = await write('PATCH', { tags: { fine: 1 }, properties: { desired: { 'not fine': 1 } } });
  expect(status).toBe(400);
  expect((await emulator.request({ path: '/twins/device' })).text).toBe(before);
});

it.each([
  ['not an object', '[]'],
  ['tags that are no object', '{"tags":[]}'],
  ['desired properties that are no object', '{"properties":{"desired":"x"}}'],
  ['no body', ''],
])('refuses %s', async (_, body) => {
  expect(await write('PATCH', body)).toMatchObject({ status: 400, code: 'ArgumentInvalid' });
});

it('refuses malformed JSON', async () => {
  expect(await write('PATCH', '{"tags":')).toMatchObject({ status: 400, code: 'DeserializationError' });
});

describe('the size of a section', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '語'), maxLength: 8 });
  const { values } = fc.letrec<{ value: unknown; values: JsonObject }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.boolean(), fc.integer(), fc.string(), tie('values'), fc.array(tie('value'))),
    values: fc.dictionary(name, tie('value')) as fc.Arbitrary<JsonObject>,
  }));

  it('is the sum of its members: the bytes of the name and the size of the value', () => {
    fc.assert(
      fc.property(values, (section) => {
        const members = Object.entries(section).map(([key, value]) => Buffer.byteLength(key) + sectionSize(value));
        expect(sectionSize(section)).toBe(members.reduce((sum, size) => sum + size, 0));
      }),
    );
  });

  it('counts 8 for a number, 4 for a boolean, bytes without control characters for a string', () => {
    expect(sectionSize({ n: 1.5 })).toBe(9);
    expect(sectionSize({ t: true })).toBe(5);
    expect(sectionSize({ s: 'é\n\u0001x' })).toBe(4);
    expect(sectionSize({ l: [1, true, 'x'] })).toBe(14);
  });
});

it('accepts every name without the forbidden characters, and no other', () => {
  const forbidden = /[\p{Cc}.$# ]/u;
  const control = fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code));
  const unit = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), control);
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), (name) => {
      const check = () => checkValues('tags', { [name]: 1 }, { nulls: false });
      if (forbidden.test(name)) expect(check).toThrow('invalid characters');
      else expect(check).not.toThrow();
    }),
  );
});

describe('null, which a twin cannot hold', () => {
  const text = 'Value of Property or Tag cannot be null';

  it.each([{ tags: { a: null } }, { tags: { a: { b: null } } }, { properties: { desired: { a: { b: null } } } }])(
    'is refused by a PUT, which has nothing to remove: %j',
    async (body) => {
      const reply = await write('PUT', body);
      expect([reply.status, reply.code]).toEqual([400, 'ArgumentInvalid']);
      expect(JSON.parse(reply.text).Message).toContain(text);
    },
  );

  it('is refused by bulk operations below an array, and in what they create anywhere', async () => {
    const items = [
      { id: 'device', importMode: 'updateTwin', tags: { a: [{ b: null }] } },
      { id: 'with-null', importMode: 'create', properties: { desired: { a: null } } },
    ];
    const reply = await emulator.request({ method: 'POST', path: '/devices', body: JSON.stringify(items) });
    const errorStatus = expect.stringContaining(text);
    expect(JSON.parse(reply.text)).toMatchObject({
      isSuccessful: false,
      errors: [
        { deviceId: 'device', errorCode: 'ArgumentInvalid', errorStatus },
        { deviceId: 'with-null', errorCode: 'ArgumentInvalid', errorStatus },
      ],
    });
    expect((await emulator.request({ path: '/devices/with-null' })).status).toBe(404);
  });

  it('still removes in a PATCH', async () => {
    await write('PATCH', { tags: { gone: { b: 1, c: 1 } } });
    const { text: twin } = await write('PATCH', { tags: { gone: { b: null } } });
    expect(JSON.parse(twin).tags.gone).toEqual({ c: 1 });
  });
});
