import type { Condition } from '../conditions/condition';
import { namesOf, type PropertyPath } from '../conditions/propertyPath';
import { isJsonObject, type Json } from '../json';
import type { TagsPatch } from '../twins/tags';

/**
 * Whether tagging the devices that meet a condition may change which devices meet it. How the hub's pages go on then is
 * documented nowhere: a device could be passed over.
 */
export function changesItself(condition: Condition, tags: TagsPatch): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.conditions.some((each) => changesItself(each, tags));
    case 'not':
      return changesItself(condition.condition, tags);
    default:
      return isChanged(condition.path, tags);
  }
}

function isChanged(path: PropertyPath, tags: TagsPatch): boolean {
  const [section = '', ...names] = namesOf(path);
  if (section === 'version' || section === 'etag') return true;
  return section === 'tags' && touches(tags, names);
}

/** Whether a patch changes what stands at a path, above it or below. */
function touches(patch: Json | undefined, [name, ...inner]: string[]): boolean {
  if (name === undefined || !isJsonObject(patch)) return true;
  return Object.hasOwn(patch, name) && touches(patch[name], inner);
}
