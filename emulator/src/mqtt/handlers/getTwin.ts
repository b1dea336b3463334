import type { JsonObject } from '../../hub/types';
import type { DeviceMessage } from '../deviceMessage';
import { respond } from '../respond';

/** Answers with desired and reported properties: no tags, no metadata. */
export function getTwin(message: DeviceMessage): void {
  respond(message, async () => {
    const { desired, reported } = message.hub.getTwin(message.client.id).properties;
    return { status: 200, body: { desired: withoutMetadata(desired), reported: withoutMetadata(reported) } };
  });
}

function withoutMetadata({ $metadata, ...properties }: JsonObject): JsonObject {
  return properties;
}
