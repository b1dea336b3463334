import * as z from 'zod/mini';

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object: a section of a twin, or a part of one. */
export interface JsonObject {
  [name: string]: Json;
}

/** Tells an object from the other JSON values. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What comes as JSON holds nothing else: it need not be looked through. `z.json()` would copy it, without members that are
 * called `__proto__`, and end the stack where it is nested deeply.
 */
export const anyJson: z.ZodMiniType<Json> = z.any();

/** An object of JSON, as it came: `z.record()` loses a member `__proto__`, too. */
export const anyJsonObject: z.ZodMiniType<JsonObject> = z.custom<JsonObject>((value) => isJsonObject(value as Json));
