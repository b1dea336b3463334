import { HubError } from '../../hub/hubError';
import { isObject } from '../../hub/json';
import type { Json, JsonObject } from '../../hub/types';
import { respond } from '../respond';
import type { DeviceMessage } from './deviceMessage';

/** Merges a report into the twin, and answers with the new version. */
export function patchReported(message: DeviceMessage): void {
  const { door, connection, payload } = message;
  respond(message, 'twinUpdate', async () => {
    const version = await door.hub.patchReported(connection.id, parsePatch(payload));
    return { status: 204, version };
  });
}

function parsePatch(payload: Buffer): JsonObject {
  const patch = parseJson(payload);
  if (!isObject(patch)) throw new HubError('GenericBadRequest', 'A report must be a JSON object.');
  return patch;
}

function parseJson(payload: Buffer): Json {
  try {
    return JSON.parse(payload.toString());
  } catch {
    throw new HubError('GenericBadRequest', 'The payload is not JSON.');
  }
}
