import type { JsonObject } from '../../hub/types';
import { respond } from '../respond';
import type { DeviceMessage } from './deviceMessage';

/** Answers with desired and reported properties: no tags, no metadata. */
export function getTwin(message: DeviceMessage): void {
  const { door, connection } = message;
  respond(message, 'twinRead', async () => {
    const { desired, reported } = door.hub.getTwin(connection.id).properties;
    return { status: 200, body: { desired: withoutMetadata(desired), reported: withoutMetadata(reported) } };
  });
}

function withoutMetadata({ $metadata, ...properties }: JsonObject): JsonObject {
  return properties;
}
