import type { TwinChange, TwinEvent } from '../changes/twinEvent';
import { toText } from '../conditions/alike';
import type { PropertyPath } from '../conditions/propertyPath';
import { isJsonObject, type Json, type JsonObject } from '../json';

/** Where a device is, and how it is connected: what its twin has at the two paths of the settings, as text. */
export interface Whereabouts {
  location: string | undefined;
  connectivity: string | undefined;
}

export type WhereaboutsPaths = Record<keyof Whereabouts, PropertyPath>;

/** What an event tells: a property that is absent did not change, one that is undefined is gone. */
export function toldBy(event: TwinEvent, paths: WhereaboutsPaths): Partial<Whereabouts> {
  if (event.type !== 'DeviceTwins.TwinChanged') return { location: undefined, connectivity: undefined };
  return { ...told('location', event.data, paths), ...told('connectivity', event.data, paths) };
}

/** What a twin has. */
export function whereaboutsOf(twin: JsonObject, paths: WhereaboutsPaths): Whereabouts {
  const at = (path: PropertyPath) => toText(valueAt(twin, namesOf(path), true)?.value);
  return { location: at(paths.location), connectivity: at(paths.connectivity) };
}

function told(name: keyof Whereabouts, change: TwinChange, paths: WhereaboutsPaths): Partial<Whereabouts> {
  const [first = '', ...names] = namesOf(paths[name]);
  // The sections of a change are not below `properties`, as those of a twin are.
  const [section, path] = first === 'properties' ? [names[0], names.slice(1)] : [first, names];
  if (section !== 'tags' && section !== 'desired' && section !== 'reported') return {};
  const part = change[section];
  if (part === undefined) return {};
  const found = valueAt(part, path, change.operation === 'replace');
  return found ? { [name]: toText(found.value) } : {};
}

/** @param isWhole whether what `value` lacks is gone; in a merge patch it has not changed. */
function valueAt(value: Json, [name, ...rest]: string[], isWhole: boolean): { value: Json } | undefined {
  if (name === undefined) return { value };
  if (!isJsonObject(value)) return { value: null };
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  if (member === undefined) return isWhole ? { value: null } : undefined;
  return valueAt(member, rest, isWhole);
}

/** Names that are words of the query language stand in double brackets. */
function namesOf(path: PropertyPath): string[] {
  return path.split('.').map((name) => name.replace(/^\[\[|\]\]$/g, ''));
}
