import { randomUUID } from 'node:crypto';
import { brokenJson, Disturbance } from '../../faults/disturbance';
import { HubError } from '../../service/hubError';
import { serviceTime, trackingTime } from '../../service/time';
import type { Connection } from '../connection';
import { responseFilter } from '../topics/topics';
import { type DeviceMessage, requestIdOf } from './deviceMessage';

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
export function respond(
  { connection, rest, payload, door }: DeviceMessage,
  kind: 'twinRead' | 'twinUpdate',
  request: () => Promise<TwinResponse>,
): void {
  const requestId = requestIdOf(rest);
  const name = kind === 'twinRead' ? 'TwinRead' : 'TwinUpdate';
  const metered = ({ body }: TwinResponse) => [body === undefined ? payload.length : Buffer.byteLength(toText(body))];
  void connection.work(async () => {
    const { status, version, body } = await door.gate.pass({ kind, name, metered }, request).catch((error: unknown) => {
      if (error instanceof HubError) return errorResponse(error);
      if (error instanceof Disturbance) return disturb(error, connection);
      door.log(`MQTT: a twin request failed: ${error instanceof Error ? error.stack : error}`);
      return errorResponse(new HubError('ServerError', 'The emulator failed to serve the request.'));
    });
    const versionOf = version === undefined ? '' : `&$version=${version}`;
    const topic = `$iothub/twin/res/${status}/?$rid=${requestId}${versionOf}`;
    connection.deliver([responseFilter], topic, toText(body));
  });
}

/** Acts out a fault that was asked for. */
function disturb({ kind }: Disturbance, connection: Connection): TwinResponse {
  if (kind === 'cut') connection.close();
  return { status: 200, body: brokenJson };
}

/** What is no JSON is sent as it is. */
function toText(body: unknown): string {
  if (body === undefined) return '';
  return body === brokenJson ? brokenJson : JSON.stringify(body);
}

/** The SDKs tell an error by `errorCode` in its body, not by its status. */
function errorResponse({ status, code, message }: HubError): TwinResponse {
  const trackingId = `${randomUUID().replaceAll('-', '')}-TimeStamp:${trackingTime()}`;
  return { status, body: { errorCode: code, trackingId, message, timestampUtc: serviceTime() } };
}
