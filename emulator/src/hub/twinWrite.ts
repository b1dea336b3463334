import { invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';
import type { TwinWrite } from './twin';

/**
 * Reads what the service side writes to a twin: tags and desired properties. What else a body holds is not its to write.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseTwinWrite(body: Json | undefined): TwinWrite {
  if (!isObject(body)) throw invalidArgument('The body must be a twin, a JSON object.');
  const { tags, properties } = body;
  const desired = isObject(properties) ? properties.desired : undefined;
  return {
    ...(tags === undefined ? {} : { tags: section('tags', tags) }),
    ...(desired === undefined ? {} : { desired: withoutBookkeeping(section('properties.desired', desired)) }),
  };
}

function section(name: string, value: Json): JsonObject | null {
  if (value !== null && !isObject(value)) throw invalidArgument(`${name} must be a JSON object.`);
  return value;
}

/** A twin that was read and is sent back carries the hub's own members. */
function withoutBookkeeping(desired: JsonObject | null): JsonObject | null {
  if (desired === null) return null;
  const { $metadata, $version, ...values } = desired;
  return values;
}
