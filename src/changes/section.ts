import * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../json';

/**
 * A section of a twin in a message that was parsed from JSON, so that all in it is JSON; null removes. A schema of
 * records would drop a member that is named `__proto__`.
 */
export const sectionSchema = z.optional(z.nullable(z.custom<JsonObject>((value) => isJsonObject(value as Json))));
