import * as z from 'zod/mini';
import { InvalidInputError } from '../../errors/invalidInputError';
import { nearestName } from './nearestName';

/** Query parameters by their names. */
type Parameters<T> = z.ZodMiniType<T> & { shape: Readonly<Record<string, z.ZodMiniType>> };

/** What others read of an address: the host its key and who has it, Azure API Management its own. */
const keys = ['code', 'clientid', 'subscription-key'];

/** Whether a parameter tells who calls. The host does not look at the case of its letters. */
export function isKey(name: string): boolean {
  return keys.includes(name.toLowerCase());
}

/**
 * Reads the query parameters that a schema describes. Others are refused, but for keys: passed over, a misspelt one
 * would have the fleet answered, or tagged, instead of a part of it. Numbers and booleans come as text.
 *
 * @throws InvalidInputError that names the first parameter which is not as described.
 */
export function readParameters<T>(schema: Parameters<T>, query: URLSearchParams): T {
  const names = Object.keys(schema.shape);
  for (const name of query.keys()) if (!names.includes(name) && !isKey(name)) throw unknownParameter(name, names);
  const given = Object.entries(schema.shape).flatMap(([name, parameter]) => {
    const text = query.get(name);
    return text === null ? [] : [[name, convert(parameter, text)]];
  });
  const { success, data, error } = schema.safeParse(Object.fromEntries(given));
  if (success) return data;
  const [issue] = error.issues;
  const name = String(issue?.path[0]);
  throw new InvalidInputError(`${name} ${issue?.message}.`, name);
}

function unknownParameter(name: string, names: readonly string[]): InvalidInputError {
  const meant = nearestName(name, names);
  const question = meant === undefined ? '.' : `: did you mean ${meant}?`;
  const taken = names.length === 0 ? 'none' : names.join(', ');
  return new InvalidInputError(`${name} is not a parameter of this request${question} It takes ${taken}.`, name);
}

function convert(parameter: z.ZodMiniType, text: string): unknown {
  if (parameter.safeParse(text).success) return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** How many items a page may hold; the most, unless told otherwise. */
export function limitParameter(most: number, usual = most) {
  const fault = `is a whole number from 1 to ${most}`;
  return z._default(z.int(fault).check(z.minimum(1, fault), z.maximum(most, fault)), usual);
}

/** Whether something is asked for. */
export const flagParameter = z._default(z.boolean('is true or false'), false);

/** Text, as it is. */
export const textParameter = z.optional(z.string().check(z.minLength(1, 'is empty: leave it out, or give it a value')));

/** The parameters of a request that takes none. */
export const noParameters = z.object({});

/** The parameters of a page of at most so many items. */
export function pageParameters(most: number) {
  return { limit: limitParameter(most), continuation: textParameter };
}
