import { InvalidInputError } from '../errors/invalidInputError';
import { type Condition, toText } from './condition';
import type { PropertyPath } from './propertyPath';

/** Longest query that IoT Hub takes, in characters. */
export const maxQueryLength = 8192;

/** What a list of devices shows of each twin. */
export interface ListedFields {
  location: PropertyPath;
  connectivity: PropertyPath;
}

/**
 * Counts devices: one row with `deviceCount`, whatever the size of the fleet.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function countQuery(condition: Condition | undefined): string {
  return query('COUNT() AS deviceCount', condition);
}

/**
 * Lists device ids only.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function idsQuery(condition: Condition | undefined): string {
  return query('deviceId AS deviceId', condition);
}

/**
 * Lists devices with their location and connectivity, and further fields as `f0`, `f1`, …. Every column has an alias,
 * since the hub does not promise how it spells the name of one without.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function listQuery(
  paths: ListedFields,
  condition: Condition | undefined,
  fields: readonly PropertyPath[] = [],
): string {
  const columns = [
    'deviceId AS deviceId',
    `${paths.location} AS location`,
    `${paths.connectivity} AS connectivity`,
    ...fields.map((path, index) => `${path} AS f${index}`),
  ];
  return query(columns.join(', '), condition);
}

/**
 * Lists the devices that have a location or a connectivity, which they may have before they have a location.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function whereaboutsQuery({ location, connectivity }: ListedFields): string {
  return listQuery({ location, connectivity }, whereaboutsCondition({ location, connectivity }));
}

/** What {@link whereaboutsQuery} lists. */
export function whereaboutsCondition({ location, connectivity }: ListedFields): Condition {
  const conditions = [location, connectivity].map((path) => ({ kind: 'isDefined' as const, path }));
  return { kind: 'or', conditions: conditions as [Condition, Condition] };
}

/**
 * Counts devices by the values of a path: rows of `value` and `devices`. The language groups by one path only.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function countByQuery(path: PropertyPath, condition: Condition | undefined): string {
  return query(`${path} AS value, COUNT() AS devices`, condition, path);
}

function query(columns: string, condition: Condition | undefined, groupBy?: PropertyPath): string {
  const where = condition ? ` WHERE ${toText(condition)}` : '';
  const text = `SELECT ${columns} FROM devices${where}${groupBy ? ` GROUP BY ${groupBy}` : ''}`;
  if (text.length > maxQueryLength) {
    throw new InvalidInputError(`The query would have ${text.length} characters; a hub takes ${maxQueryLength}.`);
  }
  return text;
}
