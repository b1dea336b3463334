import { InvalidInputError } from '../errors/invalidInputError';
import { goesBy } from './alike';
import { allOf, type Condition } from './condition';
import { parseCondition, parseConditionText } from './conditionJson';
import type { ListedFields } from './twinQuery';

/** Which devices a request is about; without any of it, the fleet. */
export interface DeviceFilter {
  location?: string | undefined;
  connectivity?: string | undefined;
  /** A condition as JSON text. */
  where?: string | undefined;
  /** A condition in words. */
  filter?: string | undefined;
}

/**
 * The condition of devices that meet all of a filter.
 *
 * @param now what times such as `now-1d` are relative to.
 * @throws InvalidInputError
 */
export async function parseFilter(
  { location, connectivity, where, filter }: DeviceFilter,
  paths: ListedFields,
  now = new Date(),
): Promise<Condition | undefined> {
  const conditions: Condition[] = [];
  if (location !== undefined) conditions.push(goesBy(paths.location, location));
  if (connectivity !== undefined) conditions.push(goesBy(paths.connectivity, connectivity));
  if (where !== undefined) conditions.push(parseConditionText(where, paths, 'where', now));
  if (filter !== undefined) conditions.push(await parseWords(filter, paths, now));
  return allOf(conditions);
}

/**
 * Reads a condition in words.
 *
 * @throws InvalidInputError that tells the column of what is none.
 */
export async function parseWords(text: string, paths: ListedFields, now = new Date()): Promise<Condition> {
  const { readFilter } = await import('./filter/readFilter');
  const read = readFilter(text);
  if ('json' in read) return parseCondition(read.json, paths, 'filter', now);
  throw new InvalidInputError(`filter, column ${read.column}: ${read.fault}.`, 'filter');
}
