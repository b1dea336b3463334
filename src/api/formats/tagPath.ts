import { namesOf, type PropertyPath } from '../../conditions/propertyPath';
import { isJsonObject, type Json, type JsonObject } from '../../json';

/** Whether names below `tags` are those of a path. */
export function isAt(names: readonly string[], path: PropertyPath): boolean {
  const wanted = namesOf(path);
  return wanted.length === names.length + 1 && wanted.every((name, at) => name === ['tags', ...names][at]);
}

/** The tag at a place; undefined where there is none. */
export function tagAt(tags: JsonObject, names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    tags,
  );
}

/** Sets a tag, with the objects around it; false where it would lie inside a tag that is no object. */
export function setTag(tags: JsonObject, names: readonly string[], value: Json): boolean {
  let parent = tags;
  for (const outer of names.slice(0, -1)) {
    if (!Object.hasOwn(parent, outer)) define(parent, outer, {});
    const next = parent[outer];
    if (!isJsonObject(next)) return false;
    parent = next;
  }
  define(parent, names.at(-1) ?? '', value);
  return true;
}

/** Also for `__proto__`, which an assignment would not make a member of. */
export function define(object: JsonObject, name: string, value: Json): JsonObject {
  return Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
