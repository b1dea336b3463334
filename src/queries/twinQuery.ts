import { InvalidInputError } from '../invalidInputError';
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
 * Lists devices with their location and connectivity. Every column has an alias, since the hub does not promise how
 * it spells the name of one without.
 *
 * @throws InvalidInputError when the query is too long.
 */
export function listQuery(fields: ListedFields, condition: Condition | undefined): string {
  const columns = `deviceId AS deviceId, ${fields.location} AS location, ${fields.connectivity} AS connectivity`;
  return query(columns, condition);
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

function query(columns: string, condition: Condition | undefined): string {
  const text = `SELECT ${columns} FROM devices${condition ? ` WHERE ${toText(condition)}` : ''}`;
  if (text.length > maxQueryLength) {
    throw new InvalidInputError(`The query would have ${text.length} characters; a hub takes ${maxQueryLength}.`);
  }
  return text;
}
