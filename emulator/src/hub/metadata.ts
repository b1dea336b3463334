import { isObject, setMember } from '../service/json';
import type { Json, JsonObject } from '../service/types';

/** When a value was written and, of desired properties, in which version of its section. */
export interface Stamp {
  $lastUpdated: string;
  $lastUpdatedVersion?: number;
}

/**
 * `$metadata` after a merge patch: a stamp at every object that the patch reaches into and at every value that it sets;
 * what the patch removes loses its own.
 */
export function stampPatch(metadata: Json | undefined, patch: JsonObject, stamp: Stamp): JsonObject {
  const stamped: JsonObject = { ...(isObject(metadata) ? metadata : {}), ...stamp };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete stamped[name];
    else if (isObject(value)) setMember(stamped, name, stampPatch(stamped[name], value, stamp));
    else setMember(stamped, name, { ...stamp });
  }
  return stamped;
}
