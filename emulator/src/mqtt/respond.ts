import { randomUUID } from 'node:crypto';
import { HubError } from '../hub/hubError';
import { serviceTime } from '../hub/time';
import { type DeviceMessage, requestIdOf } from './handlers/deviceMessage';
import { responseFilter } from './topics';

/** An answer to a twin request: `version` in its topic, `body` as JSON. */
interface TwinResponse {
  status: number;
  version?: number;
  body?: unknown;
}

/**
 * Answers a twin request on the topic that carries its request id back.
 *
 * @throws Error for a request without an id.
 */
export function respond({ connection, rest, door }: DeviceMessage, request: () => Promise<TwinResponse>): void {
  const requestId = requestIdOf(rest);
  void connection.work(async () => {
    const { status, version, body } = await request().catch((error: unknown) => {
      if (error instanceof HubError) return errorResponse(error);
      door.log(`MQTT: a twin request failed: ${error instanceof Error ? error.stack : error}`);
      return errorResponse(new HubError('ServerError', 'The emulator failed to serve the request.'));
    });
    const versionOf = version === undefined ? '' : `&$version=${version}`;
    const topic = `$iothub/twin/res/${status}/?$rid=${requestId}${versionOf}`;
    connection.deliver([responseFilter], topic, body === undefined ? '' : JSON.stringify(body));
  });
}

/** The SDKs tell an error by `errorCode` in its body, not by its status. */
function errorResponse({ status, code, message }: HubError): TwinResponse {
  return { status, body: { errorCode: code, message, trackingId: randomUUID(), timestampUtc: serviceTime() } };
}
