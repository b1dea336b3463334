import { InvalidInputError } from '../errors/invalidInputError';
import { isJsonObject, type Json, type JsonObject } from '../json';

declare const valid: unique symbol;

/** A JSON merge patch (RFC 7396) of a twin's tags that keeps to the limits of IoT Hub; `null` removes a tag. */
export type TagsPatch = JsonObject & { readonly [valid]: true };

/** Limits of a twin's tags (Azure IoT Hub developer guide, "Understand and use device twins"). */
const tagLimits = {
  /** The whole section, counted as {@link sizeOf} does. */
  sectionBytes: 8 * 1024,
  nameBytes: 1024,
  stringBytes: 4 * 1024,
  /** Objects inside one another below `tags`; the innermost may hold values. */
  depth: 10,
  integers: { min: -(2 ** 52), max: 2 ** 52 - 1 },
} as const;

/**
 * Checks a patch against every limit that can be judged without the twin.
 *
 * The size of the section is one that cannot be: the patch alone is measured, for what it sets is a part of the
 * result. The hub has the last word on the rest.
 *
 * @throws InvalidInputError that names the path of the first tag beyond a limit.
 */
export function parseTagsPatch(body: Json): TagsPatch {
  if (!isJsonObject(body)) throw new InvalidInputError('The body must be a JSON object: a merge patch of the tags.');
  checkMembers(body, 'tags', 0, false);
  const size = sizeOf(body);
  if (size > tagLimits.sectionBytes) {
    throw new InvalidInputError(`The tags take ${size} bytes; a twin holds ${tagLimits.sectionBytes}.`, 'tags');
  }
  return body as TagsPatch;
}

/** Whether a patch changes nothing, whatever the twin. A hub would write it all the same: a version, an event, a message. */
export function isEmptyPatch(patch: TagsPatch): boolean {
  return Object.keys(patch).length === 0;
}

function checkMembers(object: JsonObject, path: string, depth: number, isInList: boolean): void {
  if (depth > tagLimits.depth) fail(path, `is nested more than ${tagLimits.depth} objects deep`);
  for (const [name, value] of Object.entries(object)) {
    const member = `${path}.${name}`;
    if (/[\p{Cc}.$# ]/u.test(name)) fail(member, "has a control character, '.', '$', '#' or a space in its name");
    if (Buffer.byteLength(name) > tagLimits.nameBytes)
      fail(path, `has a name longer than ${tagLimits.nameBytes} bytes`);
    if (value !== null || isInList) checkValue(value, member, depth, isInList);
  }
}

function checkValue(value: Json, path: string, depth: number, isInList: boolean): void {
  // With the text of the hub.
  if (value === null) fail(path, 'is null inside a list: Value of Property or Tag cannot be null');
  if (typeof value === 'number') checkNumber(value, path);
  else if (typeof value === 'string') checkString(value, path);
  else if (Array.isArray(value)) checkArray(value, path, depth + 1);
  else if (isJsonObject(value)) checkMembers(value, path, depth + 1, isInList);
}

/** Whether a twin can hold a number. One too large for a double is Infinity, and would leave as null: as a removal. */
export function isTwinNumber(value: number): boolean {
  const { min, max } = tagLimits.integers;
  return Number.isFinite(value) && !(Number.isInteger(value) && (value < min || value > max));
}

function checkNumber(value: number, path: string): void {
  const { min, max } = tagLimits.integers;
  if (!isTwinNumber(value)) fail(path, `is a number outside ${min}…${max}`);
}

function checkString(value: string, path: string): void {
  if (Buffer.byteLength(value) > tagLimits.stringBytes) fail(path, `is longer than ${tagLimits.stringBytes} bytes`);
}

function checkArray(values: Json[], path: string, depth: number): void {
  // One level more than objects, since the innermost object may hold a list.
  if (depth > tagLimits.depth + 1) fail(path, `is nested more than ${tagLimits.depth} levels deep`);
  values.forEach((value, index) => {
    checkValue(value, `${path}[${index}]`, depth, true);
  });
}

function fail(path: string, fault: string): never {
  throw new InvalidInputError(`${path} ${fault}.`, path);
}

const numberBytes = 8;
const booleanBytes = 4;

/** What a value counts towards the size of its section: names and strings without their control characters. */
function sizeOf(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'number') return numberBytes;
  if (typeof value === 'boolean') return booleanBytes;
  if (typeof value === 'string') return Buffer.byteLength(value.replace(/\p{Cc}/gu, ''));
  if (Array.isArray(value)) return sum(value.map(sizeOf));
  return sum(Object.entries(value).map(([name, member]) => (member === null ? 0 : sizeOf(name) + sizeOf(member))));
}

function sum(sizes: number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
