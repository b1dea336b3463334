import { changedSections } from '../changes/changedPaths';
import { isOfConnection, type TwinChange, type TwinEvent } from '../changes/twinEvent';
import { isJsonObject, type Json, type JsonObject } from '../json';

type SectionName = 'tags' | 'desired' | 'reported';

/** What earlier changes tell of a section. */
export interface Known {
  values: JsonObject;
  /** Whether what `values` lack was not there either. */
  isWhole: boolean;
}

/** What earlier changes tell of a twin. */
export type KnownTwin = Record<SectionName, Known> & { version?: number | undefined };

/** A twin of which no change is known; a new one is empty. */
export function unheardOf(isWhole: boolean): KnownTwin {
  const nothing = { values: {}, isWhole };
  return { tags: nothing, desired: nothing, reported: nothing };
}

/** What is known of a twin after one more event. */
export function twinAfter(twin: KnownTwin, event: TwinEvent): KnownTwin {
  if (isOfConnection(event)) return twin;
  const { type, data } = event;
  if (type !== 'DeviceTwins.TwinChanged') return { ...unheardOf(true), version: data.version };
  const sections = changedSections(data).map((name): [SectionName, Known] => [
    name,
    data.truncated ? { values: {}, isWhole: false } : sectionAfter(twin[name], data, name),
  ]);
  return { ...twin, ...Object.fromEntries(sections), version: data.version };
}

/** A section after a change that touches it. */
export function sectionAfter(known: Known, change: TwinChange, name: SectionName): Known {
  const patch = change[name] ?? null;
  // A section that is null is emptied.
  if (change.operation === 'replace' || !isJsonObject(patch)) return { values: patch ?? {}, isWhole: true };
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
