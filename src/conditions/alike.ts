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

/** The values that go by a text: it, and the number or boolean whose {@link toText} it is. */
export function alike(text: string): readonly [Scalar, ...Scalar[]] {
  const value = /^(true|false)$/.test(text) ? text === 'true' : Number(text);
  return toText(value) === text ? [text, value] : [text];
}

/** The condition that a location or a connectivity goes by a text, whichever of the values that do it is. */
export function goesBy(path: PropertyPath, text: string): Condition {
  const values = alike(text);
  return values.length === 1 ? equals(path, text) : { kind: 'in', path, values };
}
