import { isObject } from '../service/json';
import type { Json } from '../service/types';
import type { Dialect, Expression } from './ast';

type Value = Json | undefined;

/** A function of the language: how many arguments it takes, and what it makes of them. */
interface QueryFunction {
  args: [least: number, most: number];
  apply(...values: Value[]): Value;
}

/** What the guide lists for twin and job queries, and what `az iot` asks hubs with; the others it lists for message routing. */
const documentedForTwins: ReadonlySet<string> = new Set(['is_defined', 'array_contains']);

/** What is not of message routing. */
const ofTwinsOnly = 'array_contains';

/** The guide's spelling of `startswith` and `endswith`, which real hubs refuse in twin queries (azure-docs#110329). */
const refusedForTwins: Readonly<Record<string, string>> = { starts_with: 'startswith', ends_with: 'endswith' };

/** `is_defined` of a value in JSON, in routes; no query can call it by this name. */
const isDefinedInJson = 'is_defined in JSON';

/**
 * The functions of the language (Azure IoT Hub developer guide, "Query expressions"). Real hubs take at least `startswith`
 * in twin queries too.
 */
export const functions: Readonly<Record<string, QueryFunction>> = {
  is_defined: { args: [1, 1], apply: (value) => value !== undefined },
  [isDefinedInJson]: {
    args: [1, 1],
    apply: (value) => isPrimitive(value) && !(isString(value) && dateTime.test(value)),
  },
  array_contains: { args: [2, 2], apply: arrayContains },
  is_array: { args: [1, 1], apply: (value) => Array.isArray(value) },
  is_bool: { args: [1, 1], apply: (value) => typeof value === 'boolean' },
  is_null: { args: [1, 1], apply: (value) => value === null },
  is_number: { args: [1, 1], apply: (value) => typeof value === 'number' },
  is_object: { args: [1, 1], apply: (value) => isObject(value) },
  is_primitive: { args: [1, 1], apply: isPrimitive },
  is_string: { args: [1, 1], apply: (value) => typeof value === 'string' },
  startswith: ofStrings((text, part) => text.startsWith(part)),
  starts_with: ofStrings((text, part) => text.startsWith(part)),
  endswith: ofStrings((text, part) => text.endsWith(part)),
  ends_with: ofStrings((text, part) => text.endsWith(part)),
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

/** What is wrong with a call, if anything: the name, in lower case, or the number of arguments. */
export function faultOfCall(name: string, args: number, dialect: Dialect): string | undefined {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!known || (dialect === 'routing' && name === ofTwinsOnly)) return `There is no function '${name}'.`;
  if (dialect !== 'routing' && Object.hasOwn(refusedForTwins, name)) {
    return `There is no function '${name}' in twin queries: it is named '${refusedForTwins[name]}'.`;
  }
  if (dialect === 'strict' && !documentedForTwins.has(name)) {
    return `'${name}' is documented for message routing only; in strict queries there is 'is_defined'.`;
  }
  const [least, most] = known.args;
  if (args >= least && args <= most) return undefined;
  return `${name} takes ${least === most ? least : `${least} to ${most}`} argument(s), not ${args}.`;
}

/**
 * The function that a call means. In routes `is_defined` knows primitive types only, neither objects and arrays nor
 * date-times, as which .NET reads their text in JSON (Azure IoT Hub developer guide, "Query expressions").
 */
export function resolveCall(name: string, [arg]: Expression[], dialect: Dialect): string {
  const isInJson = arg?.kind === 'path' && /^\$(body|twin)$/i.test(arg.names[0] ?? '');
  return dialect === 'routing' && name === 'is_defined' && isInJson ? isDefinedInJson : name;
}

function isPrimitive(value: Value): boolean {
  return value !== undefined && (value === null || typeof value !== 'object');
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

function ofStrings(apply: (text: string, part: string) => Json): QueryFunction {
  return { args: [2, 2], apply: (text, part) => (isString(text) && isString(part) ? apply(text, part) : undefined) };
}

function ofString(apply: (text: string) => Json): QueryFunction {
  return { args: [1, 1], apply: (text) => (isString(text) ? apply(text) : undefined) };
}

function ofNumber(apply: (value: number) => number): QueryFunction {
  return { args: [1, 1], apply: (value) => (isNumber(value) ? finite(apply(value)) : undefined) };
}

/** Whether an array has a primitive among its elements. */
function arrayContains(array: Value, element: Value): Value {
  if (!Array.isArray(array) || element === undefined) return undefined;
  return element !== null && typeof element === 'object' ? undefined : array.includes(element);
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
