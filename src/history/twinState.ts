import { changedSections } from '../changes/changedPaths';
import { isOfConnection, type TwinChange, type TwinEvent } from '../changes/twinEvent';
import { isJsonObject, type Json, type JsonObject } from '../json';

type SectionName = 'tags' | 'desired' | 'reported';

/**
 * What earlier changes tell of what stands at a path: undefined where they tell nothing, null where nothing stands there, a
 * value, or an object with what is known of its members.
 */
export type Known = undefined | null | { value: Json } | KnownObject;

interface KnownObject {
  members: Readonly<Record<string, Known>>;
  /** Whether it has no members but those that are told. */
  isWhole: boolean;
}

/** What earlier changes tell of a twin. */
export type KnownTwin = Record<SectionName, KnownObject> & { version?: number | undefined };

/** A twin of which no change is known; a new one is empty. */
export function unheardOf(isWhole: boolean): KnownTwin {
  const nothing = { members: {}, isWhole };
  return { tags: nothing, desired: nothing, reported: nothing };
}

/** What is known of a twin after one more event. */
export function twinAfter(twin: KnownTwin, event: TwinEvent): KnownTwin {
  if (isOfConnection(event)) return twin;
  const { type, data } = event;
  if (type !== 'DeviceTwins.TwinChanged') return { ...unheardOf(true), version: data.version };
  const sections = changedSections(data).map((name): [SectionName, KnownObject] => [
    name,
    data.truncated ? { members: {}, isWhole: false } : sectionAfter(twin[name], data, name),
  ]);
  return { ...twin, ...Object.fromEntries(sections), version: data.version };
}

/** A section after a change that touches it. */
export function sectionAfter(known: KnownObject, change: TwinChange, name: SectionName): KnownObject {
  const patch = change[name] ?? null;
  // A section that is null is emptied.
  if (!isJsonObject(patch)) return { members: {}, isWhole: true };
  return change.operation === 'replace' ? merged(null, patch) : merged(known, patch);
}

/** What is known of a member of what is known. */
export function memberOf(known: Known, name: string): Known {
  if (known === undefined || known === null) return known;
  if ('value' in known) return null;
  if (Object.hasOwn(known.members, name)) return known.members[name];
  return known.isWhole ? null : undefined;
}

/** What stands there, null where nothing does; undefined where that is not known, or not all of it. */
export function toldOf(known: Known): Json | undefined {
  if (known === undefined || known === null) return known;
  if ('value' in known) return known.value;
  const members = Object.entries(known.members).map(([name, member]) => [name, toldOf(member)] as const);
  if (!known.isWhole || members.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(members.filter(([, value]) => value !== null)) as JsonObject;
}

/** After a JSON merge patch (RFC 7396). What it does not tell of an object of which nothing is known may stand there. */
function merged(known: Known, patch: JsonObject): KnownObject {
  const base: KnownObject = known && 'members' in known ? known : { members: {}, isWhole: known !== undefined };
  const told = Object.entries(patch).map(([name, value]): [string, Known] => {
    if (value === null) return [name, null];
    return [name, isJsonObject(value) ? merged(memberOf(base, name), value) : { value }];
  });
  return { ...base, members: Object.fromEntries([...Object.entries(base.members), ...told]) };
}
