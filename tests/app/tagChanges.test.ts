import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/json';
import { changesOf, undo } from '../../src/twins/tagChanges';

// What a hub does with a patch (RFC 7396), and what is in its twins: no null, but in lists there is none either.
function merge(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) ? merge(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Few names, so that patches meet what is there; one that objects have a meaning for. */
const name = fc.constantFrom('a', 'b', '__proto__');
const leaf = fc.constantFrom<Json>(1, 2, 'x', true, [1], [{ a: 1 }]);
const objectOf = (value: fc.Arbitrary<Json>) =>
  fc.array(fc.tuple(name, value), { maxLength: 3 }).map((members) => Object.fromEntries(members) as JsonObject);
const { tags, patch } = fc.letrec<{ tags: JsonObject; patch: JsonObject }>((tie) => ({
  tags: objectOf(fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('tags'))),
  patch: objectOf(fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, fc.constant(null), tie('patch'))),
}));

/** The paths that a patch names. */
const pathsOf = (given: JsonObject, within: string[] = []): string[][] =>
  Object.entries(given).flatMap(([name, value]) =>
    isObject(value) && Object.keys(value).length > 0 ? pathsOf(value, [...within, name]) : [[...within, name]],
  );

const at = (object: JsonObject, path: readonly string[]) =>
  path.reduce<Json | undefined>(
    (within, step) => (isObject(within) && Object.hasOwn(within, step) ? within[step] : undefined),
    object,
  );

/** The object without the one that stands at a path, where that is empty. */
function withoutEmpty(object: JsonObject, path: string[]): JsonObject {
  const found = at(object, path);
  if (!isObject(found) || Object.keys(found).length > 0) return object;
  return merge(
    object,
    path.reduceRight<Json>((inner, step) => Object.fromEntries([[step, inner]]), null) as JsonObject,
  );
}

const meets = (one: string[], other: string[]) =>
  one.every((step, index) => index >= other.length || step === other[index]);
const disjoint = (some: string[][], others: string[][]) =>
  !some.some((path) => others.some((another) => meets(path, another)));

test('what is undone is as it was before, and undoing that is as it was after', () => {
  fc.assert(
    fc.property(tags, patch, (before, written) => {
      const after = merge(before, written);
      const changes = changesOf(before, written);
      const undone = undo(after, changes, false);
      expect(undone.left).toEqual([]);
      expect(merge(after, undone.patch)).toEqual(before);
      const again = undo(before, changesOf(after, undone.patch), false);
      expect(again.left).toEqual([]);
      expect(merge(before, again.patch)).toEqual(after);
    }),
  );
});

test('what others have written at other paths since stays, and only the paths that were touched are written', () => {
  fc.assert(
    fc.property(tags, patch, patch, (before, written, others) => {
      const changes = changesOf(before, written);
      // What took the place of a value is one change with all that is in it: who wrote into that has changed it.
      const touched = changes.flatMap(({ path, isHolder }) => (isHolder ? [] : [[...path]]));
      fc.pre(disjoint(pathsOf(written), pathsOf(others)) && disjoint(touched, pathsOf(others)));
      const now = merge(merge(before, written), others);
      const undone = undo(now, changes, false);
      // Where both wrote into an object that was not there, it stays with what the others have in it, if that is anything.
      const holders = changes.flatMap(({ path, isHolder }) => (isHolder ? [[...path]] : []));
      const without = holders.sort((a, b) => b.length - a.length).reduce(withoutEmpty, merge(before, others));
      expect(merge(now, undone.patch)).toEqual(without);
      expect(undone.left).toEqual([]);
    }),
  );
});

test('what others have changed since is left and told, unless it is forced', () => {
  fc.assert(
    fc.property(tags, patch, patch, (before, written, others) => {
      const changes = changesOf(before, written);
      const now = merge(merge(before, written), others);
      const undone = undo(now, changes, false);
      const result = merge(now, undone.patch);
      for (const { path, isHolder, before: value } of changes) {
        if (isHolder) continue;
        const isLeft = undone.left.some((each) => each.path.join() === path.join());
        expect(at(result, path)).toEqual(isLeft ? at(now, path) : value);
      }
      const forced = undo(now, changes, true);
      expect(forced.left).toEqual([]);
      for (const { path, isHolder, before: value } of changes) {
        if (!isHolder) expect(at(merge(now, forced.patch), path)).toEqual(value);
      }
    }),
  );
});

test.each<[string, JsonObject, JsonObject, JsonObject, JsonObject, string[]]>([
  ['a value', { a: 1 }, { a: 2 }, {}, { a: 1 }, []],
  ['one that was changed again', { a: 1, b: 1 }, { a: 2, b: 2 }, { a: 3 }, { a: 3, b: 1 }, ['a']],
  ['one that was removed', { a: { b: 1 } }, { a: null }, {}, { a: { b: 1 } }, []],
  ['one that others removed', { a: 1 }, { a: 2 }, { a: null }, {}, ['a']],
  ['an object in place of a value', { a: 1 }, { a: { b: null, c: 2 } }, {}, { a: 1 }, []],
  ['the same, into which others wrote', { a: 1 }, { a: { c: 2 } }, { a: { d: 3 } }, { a: { c: 2, d: 3 } }, ['a']],
  ['a value in place of an object', { a: { b: 1 } }, { a: 2 }, {}, { a: { b: 1 } }, []],
  ['into an object that others made a value', { a: { b: 1 } }, { a: { b: null } }, { a: 5 }, { a: 5 }, ['a,b']],
  ['an object that was there empty', { a: {} }, { a: { b: 1 } }, {}, { a: {} }, []],
  ['an object that was not there', {}, { a: { b: { c: 1 } } }, { a: { d: 2 } }, { a: { d: 2 } }, []],
])('undoes %s', (_what, before, written, others, wanted, left) => {
  const now = merge(merge(before, written), others);
  const undone = undo(now, changesOf(before, written), false);
  expect(merge(now, undone.patch)).toEqual(wanted);
  expect(undone.left.map(({ path }) => path.join())).toEqual(left);
});

test('what nothing tells of is left, whether it is forced or not', () => {
  const change = { path: ['a'], after: 2, isUnknown: true } as const;
  for (const force of [false, true]) expect(undo({ a: 2 }, [change], force)).toEqual({ patch: {}, left: [change] });
});
