import type { Json } from '../json';
import { type Condition, equals, type Scalar } from './condition';
import type { PropertyPath } from './propertyPath';

/**
 * A value of a twin as the text by which a location or a connectivity goes: a plant that one device has as 43 and
 * another as "43" is one plant.
 */
export function toText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The condition that a location or a connectivity goes by a text, whichever of the values that do it is. */
export function goesBy(path: PropertyPath, text: string): Condition {
  const value = scalarOf(text);
  return value === undefined ? equals(path, text) : { kind: 'in', path, values: [text, value] };
}

/** The number or boolean whose {@link toText} is a text. */
function scalarOf(text: string): Scalar | undefined {
  const value = /^(true|false)$/.test(text) ? text === 'true' : Number(text);
  return toText(value) === text ? value : undefined;
}
