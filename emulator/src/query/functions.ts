import { isObject } from '../hub/json';
import type { Json } from '../hub/types';

type Value = Json | undefined;

/** A function of the language: how many arguments it takes, and what it makes of them. */
interface QueryFunction {
  args: [least: number, most: number];
  apply(...values: Value[]): Value;
}

/**
 * `is_defined` is documented for twin queries, the others for message routing; real hubs take at least `startswith` in
 * twin queries too (Azure IoT Hub developer guide, "Query expressions").
 */
export const functions: Readonly<Record<string, QueryFunction>> = {
  is_defined: { args: [1, 1], apply: (value) => value !== undefined },
  is_array: { args: [1, 1], apply: (value) => Array.isArray(value) },
  is_bool: { args: [1, 1], apply: (value) => typeof value === 'boolean' },
  is_null: { args: [1, 1], apply: (value) => value === null },
  is_number: { args: [1, 1], apply: (value) => typeof value === 'number' },
  is_object: { args: [1, 1], apply: (value) => isObject(value) },
  is_primitive: { args: [1, 1], apply: (value) => value === null || /string|number|boolean/.test(typeof value) },
  is_string: { args: [1, 1], apply: (value) => typeof value === 'string' },
  startswith: ofStrings((text, part) => text.startsWith(part)),
  endswith: ofStrings((text, part) => text.endsWith(part)),
  contains: ofStrings((text, part) => text.includes(part)),
  index_of: ofStrings((text, part) => text.indexOf(part)),
  lower: ofString((text) => text.toLowerCase()),
  upper: ofString((text) => text.toUpperCase()),
  length: ofString((text) => text.length),
  as_number: { args: [1, 1], apply: asNumber },
  concat: { args: [2, 64], apply: (...parts) => (parts.every(isString) ? parts.join('') : undefined) },
  substring: { args: [2, 3], apply: substring },
  abs: ofNumber(Math.abs),
  exp: ofNumber(Math.exp),
  power: {
    args: [2, 2],
    apply: (base, exponent) => (isNumber(base) && isNumber(exponent) ? finite(base ** exponent) : undefined),
  },
  square: ofNumber((value) => value * value),
  ceiling: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  sign: ofNumber(Math.sign),
  sqrt: ofNumber(Math.sqrt),
};

function ofStrings(apply: (text: string, part: string) => Json): QueryFunction {
  return { args: [2, 2], apply: (text, part) => (isString(text) && isString(part) ? apply(text, part) : undefined) };
}

function ofString(apply: (text: string) => Json): QueryFunction {
  return { args: [1, 1], apply: (text) => (isString(text) ? apply(text) : undefined) };
}

function ofNumber(apply: (value: number) => number): QueryFunction {
  return { args: [1, 1], apply: (value) => (isNumber(value) ? finite(apply(value)) : undefined) };
}

function asNumber(value: Value): Value {
  if (isNumber(value)) return value;
  return isString(value) && value.trim() !== '' ? finite(Number(value)) : undefined;
}

/** To the end where no length is given; a length that is undefined is no length left out. */
function substring(text: Value, start: Value, ...lengths: Value[]): Value {
  const numbers = [start, ...lengths];
  if (!isString(text) || !numbers.every(isNatural)) return undefined;
  const [from = 0, length = text.length] = numbers;
  return text.slice(from, from + length);
}

function isNatural(value: Value): value is number {
  return isNumber(value) && value >= 0;
}

function finite(value: number): Value {
  return Number.isFinite(value) ? value : undefined;
}

function isString(value: Value): value is string {
  return typeof value === 'string';
}

function isNumber(value: Value): value is number {
  return typeof value === 'number';
}
