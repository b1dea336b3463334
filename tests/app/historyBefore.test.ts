import * as fc from 'fast-check';
import type { TwinChanged, TwinEvent } from '../../src/changes/twinEvent';
import { toRecords } from '../../src/history/changeRecord';
import { isJsonObject, type Json, type JsonObject } from '../../src/json';
import { tagChangesOf } from '../../src/tagJobs/hubChanges';
import { undo } from '../../src/twins/tagChanges';

/** Merge patches of tags as events tell them, one after the other. */
function changes(...patches: JsonObject[]): TwinChanged[] {
  return patches.map((tags, index) => ({
    specversion: '1.0',
    id: `hub/d//2026-03-01T12:00:${String(index).padStart(2, '0')}.0000000Z/${index + 3}`,
    source: 'iothub/hub',
    subject: 'devices/d',
    time: `2026-03-01T12:00:${String(index).padStart(2, '0')}.0000000Z`,
    type: 'DeviceTwins.TwinChanged',
    data: { operation: 'update', version: index + 3, tags },
  }));
}

const values = (events: TwinEvent[]) => toRecords(events).map((record) => record.values);

/** RFC 7396, apart from the code that is tested. */
function patched(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, patched(result.get(name) ?? null, value));
  }
  return Object.fromEntries(result);
}

const valueAt = (tags: Json, path: string[]) =>
  path.reduce<Json>((of, name) => (isJsonObject(of) && Object.hasOwn(of, name) ? (of[name] ?? null) : null), tags);

test('what was removed is known not to be there', () => {
  expect(values(changes({ a: 1 }, { a: null }, { a: 2 }))).toEqual([
    [{ path: 'tags.a', after: 1 }],
    [{ path: 'tags.a', before: 1, after: null }],
    [{ path: 'tags.a', before: null, after: 2 }],
  ]);
  const [, , again] = values(changes({ w: { a: 1 } }, { w: null }, { w: { a: 2 } }));
  expect(again).toEqual([{ path: 'tags.w.a', before: null, after: 2 }]);
});

test('an object in the place of a value is told where that value stood', () => {
  const [, change] = values(changes({ m: 'old' }, { m: { x: 1 } }));
  expect(change).toEqual([{ path: 'tags.m', before: 'old', after: { x: 1 } }]);
  const [, list] = values(changes({ m: [1] }, { m: { y: { z: null, q: 2 } } }));
  expect(list).toEqual([{ path: 'tags.m', before: [1], after: { y: { q: 2 } } }]);
});

test('an object of which not all is known is not told as if it were', () => {
  const [, removal] = values(changes({ location: { plant: 'Q' } }, { location: null }));
  expect(removal).toEqual([{ path: 'tags.location', after: null }]);
});

const name = fc.constantFrom('a', 'b', 'c');
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('x', 'y'),
  fc.constant<Json>([1]),
);
const tree: fc.Arbitrary<JsonObject> = fc.letrec<{ node: Json; object: JsonObject }>((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, leaf, tie('object')),
  object: fc.dictionary(name, tie('node'), { maxKeys: 3 }),
})).object;
const patch: fc.Arbitrary<JsonObject> = fc.letrec<{ node: Json; object: JsonObject }>((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, leaf, fc.constant(null), tie('object')),
  object: fc.dictionary(name, tie('node'), { maxKeys: 3 }),
})).object;

test('what is told is so, whatever was there before the first change that is known', () => {
  fc.assert(
    fc.property(tree, fc.array(patch, { minLength: 1, maxLength: 6 }), (unseen, patches) => {
      let tags: Json = unseen;
      for (const { values } of toRecords(changes(...patches))) {
        const before = tags;
        tags = patched(tags, patches.shift() ?? {});
        for (const { path, ...told } of values) {
          const [, ...steps] = path.split('.');
          if ('before' in told) expect(told.before).toEqual(valueAt(before, steps));
          if (told.before !== undefined || !isJsonObject(told.after)) expect(valueAt(tags, steps)).toEqual(told.after);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('a change that was told whole is taken back to what was there, or left; never to something else', () => {
  fc.assert(
    fc.property(tree, fc.array(patch, { minLength: 1, maxLength: 6 }), (unseen, patches) => {
      const records = toRecords(changes(...patches));
      const all: Json[] = [unseen];
      for (const each of patches) all.push(patched(all.at(-1) ?? {}, each));
      const [before = {}, after = {}] = all.slice(-2);
      const { patch: back, left } = undo(after as JsonObject, tagChangesOf(records.at(-1)?.values ?? []), false);
      fc.pre(left.length === 0);
      // An object that a patch made without a value in it leaves no trace in the history.
      expect(withoutEmpty(patched(after, back))).toEqual(withoutEmpty(before));
    }),
    { numRuns: 1000 },
  );
});

/** Without objects that are empty, or become so. */
function withoutEmpty(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isJsonObject(member) || Object.keys(member).length > 0));
}
