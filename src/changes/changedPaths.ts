import { isJsonObject, type Json } from '../json';
import type { TwinChange } from './twinEvent';

/** The sections of a twin that a change touches. */
export function changedSections(change: TwinChange): ('tags' | 'desired' | 'reported')[] {
  return (['tags', 'desired', 'reported'] as const).filter((section) => change[section] !== undefined);
}

/** A value that a change sets; null where it removes it. */
export interface ChangedValue {
  /** For example `desired.rate`. */
  path: string;
  after: Json;
}

/** The values that a change sets or removes. */
export function changedValues(change: TwinChange): ChangedValue[] {
  return changedSections(change).flatMap((section) => leaves(section, change[section] ?? null));
}

/** The paths of the values that a change sets or removes. */
export function changedPaths(change: TwinChange): string[] {
  return changedValues(change).map(({ path }) => path);
}

function leaves(path: string, value: Json): ChangedValue[] {
  if (!isJsonObject(value)) return [{ path, after: value }];
  const members = Object.entries(value);
  return members.length === 0
    ? [{ path, after: value }]
    : members.flatMap(([name, member]) => leaves(`${path}.${name}`, member));
}
