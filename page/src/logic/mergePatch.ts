import type { Json, JsonObject } from '../api/schemas';
import { isObject, isSame } from './json';

/** Assigned to an object, a member named `__proto__` would be lost. */
const objectOf = (entries: Iterable<[string, Json]>): JsonObject => Object.fromEntries(entries);

/** The merge patch (RFC 7396) that makes one object of another. */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const patch = new Map<string, Json>();
  for (const [name, was] of Object.entries(before)) {
    const is = Object.hasOwn(after, name) ? after[name] : undefined;
    if (is === undefined) patch.set(name, null);
    else if (isObject(was) && isObject(is)) {
      const inner = patchBetween(was, is);
      if (Object.keys(inner).length > 0) patch.set(name, inner);
    } else if (!isSame(was, is)) patch.set(name, is);
  }
  for (const [name, is] of Object.entries(after)) if (!Object.hasOwn(before, name)) patch.set(name, is);
  return objectOf(patch);
}

/** Applies a merge patch. */
export function merge(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) ? merge(merged.get(name), value) : value);
  }
  return objectOf(merged);
}

/** The object with a value at a path, or without it where the value is undefined. */
export function withValue(
  object: JsonObject,
  [name = '', ...rest]: readonly string[],
  value: Json | undefined,
): JsonObject {
  const changed = new Map(Object.entries(object));
  if (rest.length > 0) {
    const inner = changed.get(name);
    changed.set(name, withValue(isObject(inner) ? inner : {}, rest, value));
  } else if (value === undefined) changed.delete(name);
  else changed.set(name, value);
  return objectOf(changed);
}

/** What stands at a path. */
export function valueAt(object: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    object,
  );
}

/** A value at its path; what holds nothing more is a leaf, an empty object too. */
export interface Leaf {
  path: string[];
  value: Json;
}

export function leavesOf(object: JsonObject, at: readonly string[] = []): Leaf[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isObject(value) && Object.keys(value).length > 0
      ? leavesOf(value, [...at, name])
      : [{ path: [...at, name], value }],
  );
}

/** Where a merge patch and what somebody else has changed meanwhile meet. */
export interface Meeting {
  path: string[];
  /** As it was read, as it is now, and as the patch would have it; undefined: not there. */
  before: Json | undefined;
  now: Json | undefined;
  ours: Json | undefined;
}

/** The paths that differ between two readings or that a patch would change, with all three values. */
export function meetings(before: JsonObject, now: JsonObject, patch: JsonObject): Meeting[] {
  const ours = merge(before, patch);
  const paths = new Map([before, now, ours].flatMap(leavesOfAll).map((path) => [JSON.stringify(path), path] as const));
  return [...paths.values()]
    .map((path) => ({ path, before: valueAt(before, path), now: valueAt(now, path), ours: valueAt(ours, path) }))
    .filter((each) => !isSame(each.before, each.now) || !isSame(each.before, each.ours));
}

const leavesOfAll = (object: JsonObject): string[][] => leavesOf(object).map(({ path }) => path);
