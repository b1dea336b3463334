import { isDeepStrictEqual } from 'node:util';
import { changedSections } from '../changes/changedPaths';
import { changeIdOf } from '../changes/changeId';
import type { TwinEvent } from '../changes/twinEvent';
import { isJsonObject, type Json, type JsonObject } from '../json';
import type { Author, Write } from './writeLog';

/** One value that changed. */
export interface ValueChange {
  /** For example `reported.connectivity`. */
  path: string;
  /** Null where there was none; absent where nothing kept tells. */
  before?: Json;
  /** Null where it was removed. */
  after: Json;
}

/** What is known of one change of a twin. */
export interface ChangeRecord extends Partial<Author> {
  /** Names it among the changes of all twins: see {@link changeIdOf}. */
  id: string;
  time: string;
  type: TwinEvent['type'];
  /** The twin's version after the change, and the last one kept before it. */
  version?: number;
  previousVersion?: number;
  /** Versions lie between the two: the hub merged several changes into one notification, or one was lost. */
  coalesced?: true;
  /** Not every value was told: get the twin. */
  truncated?: true;
  values: ValueChange[];
  /** Where several writes through this app were merged into it: all of them; `by` and `reason` are those of the last. */
  writes?: Pick<Write, 'version' | 'by' | 'reason'>[];
}

/** Whether a change says that something is not as it was; what nothing tells may be. */
export function hasChanged({ type, truncated, values }: ChangeRecord): boolean {
  if (type !== 'DeviceTwins.TwinChanged' || truncated) return true;
  return values.some(({ before, after }) => !isDeepStrictEqual(before, after));
}

type SectionName = 'tags' | 'desired' | 'reported';

/** What earlier changes tell of a section. */
interface Known {
  values: JsonObject;
  /** Whether what `values` lack was not there either. */
  isWhole: boolean;
}

type Twin = Record<SectionName, Known> & { version: number | undefined };

const unheardOf = (isWhole: boolean): Twin => ({
  tags: { values: {}, isWhole },
  desired: { values: {}, isWhole },
  reported: { values: {}, isWhole },
  version: undefined,
});

/** Tells the values before and after each of a twin's events, which are in their order. */
export function toRecords(events: readonly TwinEvent[]): ChangeRecord[] {
  let twin = unheardOf(false);
  return events.map((event) => {
    const { time, type, data } = event;
    const id = changeIdOf(event);
    if (type !== 'DeviceTwins.TwinChanged') {
      // A new device's twin is empty.
      twin = { ...unheardOf(true), version: data.version };
      return { id, time, type, ...(data.version === undefined ? {} : { version: data.version }), values: [] };
    }
    const { version: previous } = twin;
    const values = changedSections(data).flatMap((name) => {
      const patch = data[name] ?? {};
      const known = twin[name];
      const next = data.operation === 'replace' ? { values: patch, isWhole: true } : merge(known, data[name] ?? null);
      twin = { ...twin, [name]: data.truncated ? { values: {}, isWhole: false } : next };
      return differences(name, known, next, patch, data.operation === 'replace');
    });
    twin = { ...twin, version: data.version };
    return {
      id,
      time,
      type,
      version: data.version,
      ...(previous === undefined ? {} : { previousVersion: previous }),
      ...(previous !== undefined && data.version - previous > 1 ? { coalesced: true as const } : {}),
      ...(data.truncated ? { truncated: true as const } : {}),
      values,
    };
  });
}

function merge(known: Known, patch: Json): Known {
  // A section that is null is emptied.
  if (!isJsonObject(patch)) return { values: {}, isWhole: true };
  return { ...known, values: mergePatch(known.values, patch) };
}

/** JSON merge patch (RFC 7396). */
function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  // A map: assigned to an object, a member named `__proto__` would be lost.
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}

function differences(name: SectionName, known: Known, next: Known, patch: JsonObject, isReplaced: boolean) {
  const removed = isReplaced ? leaves(known.values, []).filter((path) => valueAt(next.values, path) === undefined) : [];
  return [...leaves(patch, []), ...removed].map((path): ValueChange => {
    const before = valueAt(known.values, path) ?? (known.isWhole ? null : undefined);
    return {
      path: [name, ...path].join('.'),
      ...(before === undefined ? {} : { before }),
      after: valueAt(next.values, path) ?? null,
    };
  });
}

function leaves(object: JsonObject, path: string[]): string[][] {
  return Object.entries(object).flatMap(([name, value]) =>
    isJsonObject(value) && Object.keys(value).length > 0 ? leaves(value, [...path, name]) : [[...path, name]],
  );
}

function valueAt(object: JsonObject, [name = '', ...rest]: string[]): Json | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (rest.length === 0) return value;
  return isJsonObject(value) ? valueAt(value, rest) : undefined;
}
