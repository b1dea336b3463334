import { invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';

/** The sections of a twin that somebody writes. */
export type Section = 'tags' | 'desired' | 'reported';

/** Limits of twins (Azure IoT Hub developer guide, "Understand and use device twins"). */
const twinLimits = {
  sectionBytes: { tags: 8 * 1024, desired: 32 * 1024, reported: 32 * 1024 },
  nameBytes: 1024,
  stringBytes: 4096,
  /** Objects inside one another below a section. */
  depth: 10,
  integers: { min: -(2 ** 52), max: 2 ** 52 - 1 },
} as const;

/** Where in a section a check has got to. */
interface Place {
  path: string;
  depth: number;
  /** Whether `null` stands for a removal here: in patches, but not in an array, nor in what is below one. */
  nulls: boolean;
}

/**
 * Checks names, values and depth of what is to be written to a section.
 *
 * @throws HubError ArgumentInvalid that names the path.
 */
export function checkValues(section: Section, values: JsonObject, { nulls }: Pick<Place, 'nulls'>): void {
  checkObject(values, { path: section, depth: 0, nulls });
}

/**
 * Checks a section's size. Only a write that makes it grow past the limit is refused.
 *
 * @throws HubError ArgumentInvalid
 */
export function checkSize(section: Section, before: JsonObject | undefined, after: JsonObject): void {
  const size = sectionSize(after);
  const most = twinLimits.sectionBytes[section];
  if (size > most && size > sectionSize(before ?? {})) {
    throw invalidArgument(`The size of ${section} would be ${size} bytes; at most ${most} are allowed.`);
  }
}

/** Bytes that a value counts: names and strings without control characters, 8 a number, 4 a boolean. */
export function sectionSize(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  if (typeof value === 'string') return Buffer.byteLength(value.replace(/\p{Cc}/gu, ''));
  if (Array.isArray(value)) return value.reduce((total: number, element) => total + sectionSize(element), 0);
  return Object.entries(value).reduce((total, [name, member]) => total + sectionSize(name) + sectionSize(member), 0);
}

function checkObject(object: JsonObject, { path, depth, nulls }: Place): void {
  if (depth > twinLimits.depth) {
    throw invalidArgument(`${path} is nested deeper than ${twinLimits.depth} objects.`);
  }
  for (const [name, value] of Object.entries(object)) {
    checkName(name, path);
    checkValue(value, { path: `${path}.${name}`, depth, nulls });
  }
}

function checkName(name: string, path: string): void {
  if (/[\p{Cc}.$# ]/u.test(name)) {
    throw invalidArgument(
      `The name '${name}' in ${path} has invalid characters: control characters, '.', '$', '#' and space are not allowed.`,
    );
  }
  if (Buffer.byteLength(name) > twinLimits.nameBytes) {
    throw invalidArgument(`A name in ${path} is longer than ${twinLimits.nameBytes} bytes.`);
  }
}

function checkValue(value: Json, { path, depth, nulls }: Place): void {
  if (value === null && !nulls) {
    throw invalidArgument(`Value of Property or Tag cannot be null. Error in Property/Tag ${path}.`);
  }
  if (typeof value === 'string' && Buffer.byteLength(value) > twinLimits.stringBytes) {
    throw invalidArgument(
      `Property or Tag value should be maximum ${twinLimits.stringBytes} bytes. Error in Property/Tag ${path}.`,
    );
  }
  if (typeof value === 'number') checkNumber(value, path);
  if (Array.isArray(value)) checkArray(value, path, depth);
  if (isObject(value)) checkObject(value, { path, depth: depth + 1, nulls });
}

function checkNumber(value: number, path: string): void {
  const { min, max } = twinLimits.integers;
  // Past the range of a double, a number has become Infinity while it was parsed.
  if (!Number.isFinite(value) || (Number.isInteger(value) && (value < min || value > max))) {
    throw invalidArgument(`${path} is a number outside ${min} to ${max}.`);
  }
}

function checkArray(values: Json[], path: string, depth: number): void {
  if (depth >= twinLimits.depth) throw invalidArgument(`${path} is nested deeper than ${twinLimits.depth} levels.`);
  values.forEach((value, index) => {
    checkValue(value, { path: `${path}[${index}]`, depth: depth + 1, nulls: false });
  });
}
