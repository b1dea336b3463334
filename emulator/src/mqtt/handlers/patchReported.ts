import { HubError } from '../../service/hubError';
import { isObject } from '../../service/json';
import type { Json, JsonObject } from '../../service/types';
import type { DeviceMessage } from './deviceMessage';
import { respond } from './respond';

/** Merges a report into the twin, and answers with the new version. */
export function patchReported(message: DeviceMessage): void {
  const { door, connection, payload, rest } = message;
  respond(message, 'twinUpdate', async () => {
    const version = await door.hub.patchReported(connection.id, parsePatch(payload), baseVersionOf(rest));
    return { status: 204, version };
  });
}

/** The version that a report builds upon, where its topic names one: `$version={base version}`. */
function baseVersionOf(query: string): number | undefined {
  const [, text] = /(?:^|[?&])\$version=([^&]*)/.exec(query) ?? [];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new HubError('GenericBadRequest', '$version must be a whole number.');
  return Number(text);
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
