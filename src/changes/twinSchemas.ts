import * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../json';
import { isDeviceId } from '../twins/isDeviceId';

/**
 * Levels that a section may have: a twin has ten, and Newtonsoft.Json, which reads events on their way, gives up after 64
 * with those around it.
 */
const maxDepth = 50;

/**
 * A section of a twin in a message that was parsed from JSON, so that all in it is JSON; null removes. A schema of
 * records would drop a member that is named `__proto__`.
 */
export const sectionSchema = z.optional(
  z.nullable(z.custom<JsonObject>((value) => isJsonObject(value as Json) && isWithin(value as Json, maxDepth))),
);

/** A twin's version, which counts its changes. */
export const versionSchema = z.int().check(z.gte(0));

/** The number of a connection's event: hexadecimal; of two of a device the greater text is the later (IoT Hub, "Connection state events"). */
export const sequenceNumberSchema = z.string().check(z.regex(/^[0-9A-Fa-f]{1,64}$/));

/** The id of a device, or of a module: both have the same letters. */
export const idSchema = z.string().check(z.refine(isDeviceId));

/** What stands in a line of the log as it is. */
export const printableSchema = z.string().check(z.regex(/^[ -~]+$/));

function isWithin(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isWithin(member, levels - 1));
}
