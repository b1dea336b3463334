import type { JsonObject } from '../../service/types';
import type { DeviceMessage } from './deviceMessage';
import { respond } from './respond';

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
