import { goesBy } from './alike';
import { allOf, type Condition } from './condition';
import { parseConditionText } from './conditionJson';
import type { ListedFields } from './twinQuery';

/** Which devices a request is about; without any of it, the fleet. */
export interface DeviceFilter {
  location?: string | undefined;
  connectivity?: string | undefined;
  /** A condition as JSON text. */
  where?: string | undefined;
}

/**
 * The condition of devices that meet all of a filter.
 *
 * @throws InvalidInputError
 */
export function parseFilter({ location, connectivity, where }: DeviceFilter, paths: ListedFields) {
  const conditions: Condition[] = [];
  if (location !== undefined) conditions.push(goesBy(paths.location, location));
  if (connectivity !== undefined) conditions.push(goesBy(paths.connectivity, connectivity));
  if (where !== undefined) conditions.push(parseConditionText(where, paths));
  return allOf(conditions);
}
