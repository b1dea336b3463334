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
 * Lists the devices that have a location, with the versions of their twins.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function locatedQuery(fields: ListedFields): string {
  const columns = `deviceId AS deviceId, version AS version, ${fields.location} AS location, ${fields.connectivity} AS connectivity`;
  return query(columns, { kind: 'isDefined', path: fields.location });
}

/** Counts the devices of each location. */
export function countByLocationQuery({ location }: ListedFields): string {
  return `SELECT ${location} AS location, COUNT() AS devices FROM devices GROUP BY ${location}`;
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
