import { isDeepStrictEqual } from 'node:util';
import { changedSections } from '../changes/changedPaths';
import { changeIdOf } from '../changes/changeId';
import { isOfConnection, type TwinEvent } from '../changes/twinEvent';
import { isJsonObject, type Json, type JsonObject } from '../json';
import { type Known, type KnownTwin, memberOf, sectionAfter, toldOf, twinAfter, unheardOf } from './twinState';
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

/**
 * Tells the values before and after each of a twin's events, which are in their order.
 *
 * @param before what is known of the twin before them.
 */
export function toRecords(events: readonly TwinEvent[], before: KnownTwin = unheardOf(false)): ChangeRecord[] {
  let twin = before;
  return events.map((event) => {
    const record = toRecord(event, twin);
    twin = twinAfter(twin, event);
    return record;
  });
}

function toRecord(event: TwinEvent, twin: KnownTwin): ChangeRecord {
  const { time, type, data } = event;
  const id = changeIdOf(event);
  if (isOfConnection(event)) return { id, time, type, values: [] };
  if (type !== 'DeviceTwins.TwinChanged') {
    return { id, time, type, ...(data.version === undefined ? {} : { version: data.version }), values: [] };
  }
  const { version: previous } = twin;
  const values = changedSections(data).flatMap((name) =>
    differences(name, twin[name], sectionAfter(twin[name], data, name), data[name] ?? {}, data.operation === 'replace'),
  );
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
}

function differences(name: string, known: Known, next: Known, patch: JsonObject, isReplaced: boolean) {
  const written = pathsOf(patch, known, []);
  const isWritten = (path: readonly string[]) => written.some((each) => each.every((step, at) => path[at] === step));
  const removed = isReplaced ? valuesIn(known, []).filter((path) => !isWritten(path) && at(next, path) === null) : [];
  return [...written, ...removed].map((path): ValueChange => {
    const before = toldOf(at(known, path));
    // Of an empty object that was merged with what is not known nothing else is told.
    const after = toldOf(at(next, path)) ?? (at(next, path) === null ? null : {});
    return { path: [name, ...path].join('.'), ...(before === undefined ? {} : { before }), after };
  });
}

/** The paths of the values that a patch writes; where it puts an object in the place of a value, the path of that value. */
function pathsOf(patch: JsonObject, known: Known, within: string[]): string[][] {
  return Object.entries(patch).flatMap(([name, value]) => {
    const path = [...within, name];
    const before = memberOf(known, name);
    const isInside = isJsonObject(value) && Object.keys(value).length > 0 && !(before && 'value' in before);
    return isInside ? pathsOf(value, before, path) : [path];
  });
}

/** The paths of all values that are known. */
function valuesIn(known: Known, within: string[]): string[][] {
  if (!known) return [];
  if ('value' in known) return [within];
  return Object.entries(known.members).flatMap(([name, member]) => valuesIn(member, [...within, name]));
}

function at(known: Known, path: readonly string[]): Known {
  return path.reduce(memberOf, known);
}
