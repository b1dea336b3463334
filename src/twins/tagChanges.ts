import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../json';
import type { TagsPatch } from './tags';

/** What a write did at one path of the tags. */
export interface TagChange {
  path: readonly string[];
  /** What stood there before it; absent where nothing did. */
  before?: Json;
  /** What stood there after it; absent where it was removed. */
  after?: Json;
  /** Nothing tells what stood there before it. */
  isUnknown?: true;
  /** An object that was made for what was written into it. */
  isHolder?: true;
}

/** What a merge patch (RFC 7396) does to tags, path by path; what it leaves as it is is no change. */
export function changesOf(tags: JsonObject, patch: JsonObject): TagChange[] {
  return changesIn(tags, patch, []);
}

function changesIn(target: JsonObject | undefined, patch: JsonObject, within: readonly string[]): TagChange[] {
  return Object.entries(patch).flatMap(([name, value]): TagChange[] => {
    const path = [...within, name];
    const before = memberOf(target, name);
    if (isJsonObject(value) && (before === undefined || isJsonObject(before))) {
      const inner = changesIn(before, value, path);
      return before === undefined ? [{ path, isHolder: true }, ...inner] : inner;
    }
    const after = value === null ? undefined : withoutNulls(value);
    if (isDeepStrictEqual(before, after)) return [];
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}

/** What an object becomes where it is merged with nothing: its nulls remove nothing, and are not kept. */
function withoutNulls(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

/** What taking changes back would make of tags. */
export interface Undone {
  /** The patch that does it; empty where there is nothing to do. */
  patch: TagsPatch;
  /** The changes that were left, since somebody has changed their paths again, or nothing tells what stood there. */
  left: TagChange[];
}

/**
 * Takes changes back: at each path where what was written still stands, what stood there before is put back. Whatever else
 * is in the tags stays; an object that was made for what was written goes when it has become empty.
 *
 * @param force whether what was changed since is overridden too.
 */
export function undo(tags: JsonObject, changes: readonly TagChange[], force: boolean): Undone {
  const left: TagChange[] = [];
  let wanted = tags;
  for (const change of changes.filter(({ isHolder }) => !isHolder)) {
    const { path, before, after, isUnknown } = change;
    const present = valueAt(tags, path);
    const isAsBefore = !isUnknown && isDeepStrictEqual(present, before);
    const isOurs = isDeepStrictEqual(present, after) && !isBarred(tags, path);
    if (isAsBefore) continue;
    if (!isUnknown && (isOurs || force)) wanted = withValue(wanted, path, before);
    else left.push(change);
  }
  const holders = changes.filter(({ isHolder }) => isHolder).sort((a, b) => b.path.length - a.path.length);
  for (const { path } of holders) {
    const holder = valueAt(wanted, path);
    if (isJsonObject(holder) && Object.keys(holder).length === 0) wanted = withValue(wanted, path, undefined);
  }
  // What limits tags have, those of a twin and what it had before keep.
  return { patch: patchBetween(tags, wanted) as TagsPatch, left };
}

/**
 * What two writes did together, of which the second was to do what the first may have done: where it left the paths of the
 * first as that made them, these are changes of both.
 *
 * @param tags before the second.
 */
export function together(first: readonly TagChange[], second: readonly TagChange[], tags: JsonObject): TagChange[] {
  const isAnew = ({ path }: TagChange) => second.some((each) => isDeepStrictEqual(each.path, path));
  const stands = ({ path, after, isHolder }: TagChange) => isHolder || isDeepStrictEqual(valueAt(tags, path), after);
  return [...first.filter((change) => !isAnew(change) && stands(change)), ...second];
}

/** The merge patch that makes one object of another. */
function patchBetween(from: JsonObject, to: JsonObject): JsonObject {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
  const changed = Object.entries(to).flatMap(([name, value]): [string, Json][] => {
    const before = memberOf(from, name);
    if (isDeepStrictEqual(before, value)) return [];
    return [[name, isJsonObject(before) && isJsonObject(value) ? patchBetween(before, value) : value]];
  });
  return Object.fromEntries([...removed.map((name): [string, Json] => [name, null]), ...changed]);
}

function memberOf(object: Json | undefined, name: string): Json | undefined {
  return isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

function valueAt(tags: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(memberOf, tags);
}

/** Whether something other than an object stands above a path: to write there would take it away. */
function isBarred(tags: JsonObject, path: readonly string[]): boolean {
  return path.slice(0, -1).some((_, index) => {
    const above = valueAt(tags, path.slice(0, index + 1));
    return above !== undefined && !isJsonObject(above);
  });
}

/** The object with another value at a path; without one where it is undefined. */
function withValue(
  target: Json | undefined,
  [name = '', ...inner]: readonly string[],
  value: Json | undefined,
): JsonObject {
  // A map: assigned to an object, a member named `__proto__` would be lost.
  const members = new Map(Object.entries(isJsonObject(target) ? target : {}));
  if (inner.length > 0) members.set(name, withValue(members.get(name), inner, value));
  else if (value === undefined) members.delete(name);
  else members.set(name, value);
  return Object.fromEntries(members);
}
