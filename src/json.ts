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
