import { isObject, setMember } from '../service/json';
import type { Json, JsonObject } from '../service/types';

/**
 * Applies a JSON merge patch (RFC 7386): objects merge, anything else replaces, `null` removes. Neither argument is
 * changed; what the patch does not touch is shared with the result.
 */
export function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (isObject(value)) setMember(merged, name, mergePatch(own(merged, name), value));
    else setMember(merged, name, value);
  }
  return merged;
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
