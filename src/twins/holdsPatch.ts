import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json } from '../json';

/** Whether applying a merge patch (RFC 7396) would leave `target` as it is. */
export function holdsPatch(target: Json | undefined, patch: Json): boolean {
  if (!isJsonObject(patch)) return isDeepStrictEqual(target, patch);
  if (!isJsonObject(target)) return false;
  return Object.entries(patch).every(([name, value]) => {
    const present = Object.hasOwn(target, name);
    return value === null ? !present : present && holdsPatch(target[name], value);
  });
}
