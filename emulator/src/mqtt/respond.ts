import { randomUUID } from 'node:crypto';
import { HubError } from '../hub/hubError';
import { serviceTime } from '../hub/time';
import { deliver } from './deliver';
import type { DeviceMessage } from './deviceMessage';
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
export function respond({ client, rest, log }: DeviceMessage, work: () => Promise<TwinResponse>): void {
  const requestId = /(?:^|&)\$rid=([^&]*)/.exec(rest)?.[1];
  if (requestId === undefined) throw new Error('a twin request needs a $rid');
  void work()
    .catch((error: unknown) => {
      if (error instanceof HubError) return errorResponse(error);
      log(`MQTT: a twin request failed: ${error instanceof Error ? error.stack : error}`);
      return errorResponse(new HubError('ServerError', 'The emulator failed to serve the request.'));
    })
    .then(({ status, version, body }) => {
      const versionOf = version === undefined ? '' : `&$version=${version}`;
      deliver(client, responseFilter, `$iothub/twin/res/${status}/?$rid=${requestId}${versionOf}`, body);
    });
}

/** The SDKs tell an error by `errorCode` in its body, not by its status. */
function errorResponse({ status, code, message }: HubError): TwinResponse {
  return { status, body: { errorCode: code, message, trackingId: randomUUID(), timestampUtc: serviceTime() } };
}
