import { visible } from '../../../src/visible';
import type { Json, JsonObject } from '../api/schemas';

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
    );
  }
  return (
    Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, index) => isSame(each, b[index]))
  );
}

/** A value as text: JSON, but a text as it is unless it would be read as something else. */
export function toText(value: Json | undefined): string {
  if (value === undefined) return '';
  const isPlain = typeof value === 'string' && typeof fromText(value) === 'string' && value === value.trim();
  // What would hide, or turn round what stands beside it, is spelled out; as JSON that reads back as it was.
  return isPlain && visible(value) === value ? value : visible(JSON.stringify(value));
}

/** What a text stands for, by the rule of a CSV's cells: what reads as JSON is that value, other text is text. */
export function fromText(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    // `1.10` and 19 digits would not come back as they were written.
    return typeof value === 'number' && String(value) !== text.trim() ? text : value;
  } catch {
    return text;
  }
}

/** The kind of a value in a word. */
export function kindOf(value: Json): string {
  if (value === null) return 'removed';
  if (Array.isArray(value)) return 'list';
  return { string: 'text', boolean: 'true or false' }[typeof value as string] ?? typeof value;
}
