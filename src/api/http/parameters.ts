import * as z from 'zod/mini';
import { InvalidInputError } from '../../errors/invalidInputError';

/** Query parameters by their names. */
type Parameters<T> = z.ZodMiniType<T> & { shape: Readonly<Record<string, z.ZodMiniType>> };

/**
 * Reads the query parameters that a schema describes; one that is empty was not given, and others are passed over: the
 * function key may be among them. Numbers and booleans come as text.
 *
 * @throws InvalidInputError that names the first parameter which is not as described.
 */
export function readParameters<T>(schema: Parameters<T>, query: URLSearchParams): T {
  const given = Object.entries(schema.shape).flatMap(([name, parameter]) => {
    const text = query.get(name);
    return text ? [[name, convert(parameter, text)]] : [];
  });
  const { success, data, error } = schema.safeParse(Object.fromEntries(given));
  if (success) return data;
  const [issue] = error.issues;
  const name = String(issue?.path[0]);
  throw new InvalidInputError(`${name} ${issue?.message}.`, name);
}

function convert(parameter: z.ZodMiniType, text: string): unknown {
  if (parameter.safeParse(text).success) return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** How many items a page may hold. */
export function limitParameter(most: number) {
  const fault = `is a whole number from 1 to ${most}`;
  return z._default(z.int(fault).check(z.minimum(1, fault), z.maximum(most, fault)), most);
}

/** Whether something is asked for. */
export const flagParameter = z._default(z.boolean('is true or false'), false);

/** Text, as it is. */
export const textParameter = z.optional(z.string());
