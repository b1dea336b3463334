import { InvalidInputError } from '../errors/invalidInputError';
import { isJsonObject, type Json, type JsonObject } from '../json';
import { namesOf, type PropertyPath, parsePropertyPath } from './propertyPath';

/** Most fields that a list may show of each device besides those that it always shows. */
export const maxFields = 20;

/**
 * Reads property paths that are separated by commas; one that is written twice counts once, and `deviceId`, which is
 * always shown, not at all.
 *
 * @throws InvalidInputError
 */
export function parseFields(text: string | undefined): PropertyPath[] {
  if (text === undefined) return [];
  const fields = new Set(splitFields(text).map((each) => parseField(each.trim())));
  fields.delete(parsePropertyPath('deviceId'));
  if (fields.size > maxFields) throw new InvalidInputError(`fields names more than ${maxFields} paths.`, 'fields');
  return [...fields];
}

/** A comma in quotes belongs to a name. */
function splitFields(text: string): string[] {
  const fields = [''];
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|,|./gs)) {
    if (part === ',') fields.push('');
    else fields[fields.length - 1] += part;
  }
  return fields;
}

function parseField(text: string): PropertyPath {
  try {
    return parsePropertyPath(text);
  } catch (error) {
    throw error instanceof InvalidInputError ? new InvalidInputError(error.message, 'fields') : error;
  }
}

/** Values by their paths as the twin nests them; what is undefined is left out. */
export function nestFields(values: Iterable<readonly [PropertyPath, Json | undefined]>): JsonObject {
  const root: Branch = new Map();
  for (const [path, value] of values) if (value !== undefined) grow(root, namesOf(path), value);
  return toObject(root);
}

/** A map, for a property may have any name: `__proto__` too. */
type Branch = Map<string, Branch | Json>;

function grow(branch: Branch, [name = '', ...names]: string[], value: Json): void {
  if (names.length === 0) {
    branch.set(name, value);
    return;
  }
  // A whole object and a part of it may both be chosen: the part is in the whole.
  const found = branch.get(name);
  const next = found instanceof Map ? found : new Map(isJsonObject(found) ? Object.entries(found) : []);
  branch.set(name, next);
  grow(next, names, value);
}

function toObject(branch: Branch): JsonObject {
  return Object.fromEntries([...branch].map(([name, value]) => [name, value instanceof Map ? toObject(value) : value]));
}
