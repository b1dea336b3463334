import { isJsonObject, type Json } from '../json';
import type { TwinChange } from './twinEvent';

/** The sections of a twin that a change touches. */
export function changedSections(change: TwinChange): ('tags' | 'desired' | 'reported')[] {
  return (['tags', 'desired', 'reported'] as const).filter((section) => change[section] !== undefined);
}

/** The paths of the values that a change sets or removes, for example `desired.rate`. */
export function changedPaths(change: TwinChange): string[] {
  return changedSections(change).flatMap((section) => leaves(section, change[section] ?? null));
}

function leaves(path: string, value: Json): string[] {
  if (!isJsonObject(value)) return [path];
  const members = Object.entries(value);
  return members.length === 0 ? [path] : members.flatMap(([name, member]) => leaves(`${path}.${name}`, member));
}
