import { InvalidInputError } from '../../errors/invalidInputError';

/** A query parameter; one that is empty was not given. */
export function given(parameter: string | null): string | undefined {
  return parameter || undefined;
}

/**
 * How many items a page may hold.
 *
 * @throws InvalidInputError where it is not a number from 1 to `most`, the default.
 */
export function parseLimit(text: string | null, most: number): number {
  const limit = text ? Number(/^\d{1,4}$/.exec(text)?.[0]) : most;
  if (limit >= 1 && limit <= most) return limit;
  throw new InvalidInputError(`limit is a whole number from 1 to ${most}.`, 'limit');
}
