import type { Json, JsonObject } from '../api/schemas';
import { isObject, isSame } from '../logic/json';
import { valueAt } from '../logic/mergePatch';

/** A line of a tree: a name, how deep it stands, and whether more stands below it. */
export interface Line {
  path: string[];
  hasMore: boolean;
}

/** The names of some objects as one tree, in their order; not below what is folded. */
export function linesOf(
  objects: readonly (Json | undefined)[],
  folded: ReadonlySet<string>,
  at: string[] = [],
): Line[] {
  const inner = objects.filter(isObject);
  const names = new Set(inner.flatMap((object) => Object.keys(object)).filter((name) => !name.startsWith('$')));
  return [...names].flatMap((name) => {
    const path = [...at, name];
    const below = inner.map((object) => (Object.hasOwn(object, name) ? object[name] : undefined));
    const hasMore = below.some((each) => isObject(each) && Object.keys(each).length > 0);
    const line = { path, hasMore };
    return hasMore && !folded.has(JSON.stringify(path)) ? [line, ...linesOf(below, folded, path)] : [line];
  });
}

/** When a property was last written, and with which version of its section, as the hub's `$metadata` tells. */
export function writtenAt(
  section: JsonObject | undefined,
  path: readonly string[],
): { at: string; version?: number } | undefined {
  const about = valueAt(section?.$metadata, path);
  if (!isObject(about) || typeof about.$lastUpdated !== 'string') return undefined;
  const { $lastUpdatedVersion: version } = about;
  return { at: about.$lastUpdated, ...(typeof version === 'number' ? { version } : {}) };
}

/** How what is wanted of a device and what it says stand to each other. */
export function comparison(
  desired: Json | undefined,
  reported: Json | undefined,
): 'same' | 'differs' | 'unsaid' | undefined {
  if (desired === undefined || isObject(desired)) return undefined;
  if (reported === undefined) return 'unsaid';
  return isSame(desired, reported) ? 'same' : 'differs';
}
