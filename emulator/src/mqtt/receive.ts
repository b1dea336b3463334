import { randomUUID } from 'node:crypto';
import type { Client, PublishPacket } from 'aedes';
import type { Hub } from '../hub/hub';
import { HubError } from '../hub/hubError';
import { isObject } from '../hub/json';
import { serviceTime } from '../hub/time';
import type { Json, JsonObject } from '../hub/types';
import { deliver, responseFilter } from './deliveries';
import { parsePropertyBag } from './propertyBag';

/** A message of a device, by its topic. */
type Handler = (hub: Hub, client: Client, payload: Buffer, rest: string) => void;

const handlers: readonly { prefix: (deviceId: string) => string; handle: Handler }[] = [
  { prefix: () => '$iothub/twin/GET/?', handle: getTwin },
  { prefix: () => '$iothub/twin/PATCH/properties/reported/?', handle: patchReported },
  { prefix: (deviceId) => `devices/${deviceId}/messages/events/`, handle: takeTelemetry },
];

/**
 * Takes what a device published.
 *
 * @throws Error for what the hub ends the connection for: quality of service 2, a topic that is not the device's.
 */
export function receive(hub: Hub, client: Client, { topic, qos, payload }: PublishPacket): void {
  if (qos === 2) throw new Error('QoS 2 is not supported');
  const handler = handlers.find(({ prefix }) => topic.startsWith(prefix(client.id)));
  if (!handler) throw new Error(`a device may not publish to '${topic}'`);
  handler.handle(hub, client, Buffer.from(payload), topic.slice(handler.prefix(client.id).length));
}

function getTwin(hub: Hub, client: Client, _: Buffer, query: string): void {
  respond(client, query, async () => {
    const { desired, reported } = hub.getTwin(client.id).properties;
    return { status: 200, body: { desired: withoutMetadata(desired), reported: withoutMetadata(reported) } };
  });
}

function patchReported(hub: Hub, client: Client, payload: Buffer, query: string): void {
  respond(client, query, async () => {
    const version = await hub.patchReported(client.id, parsePatch(payload));
    return { status: 204, version };
  });
}

function takeTelemetry(hub: Hub, client: Client, payload: Buffer, bag: string): void {
  hub.telemetry(client.id, parsePropertyBag(bag), payload);
}

interface Response {
  status: number;
  version?: number;
  body?: unknown;
}

/** Answers a twin request on the topic that carries its request id back. */
function respond(client: Client, query: string, work: () => Promise<Response>): void {
  const requestId = /(?:^|&)\$rid=([^&]*)/.exec(query)?.[1];
  if (requestId === undefined) throw new Error('a twin request needs a $rid');
  void work()
    .catch(toErrorResponse)
    .then(({ status, version, body }) => {
      const versionOf = version === undefined ? '' : `&$version=${version}`;
      deliver(client, responseFilter, `$iothub/twin/res/${status}/?$rid=${requestId}${versionOf}`, body);
    });
}

/** The SDKs tell an error by `errorCode` in its body, not by its status. */
function toErrorResponse(error: unknown): Response {
  const { status, code, message } =
    error instanceof HubError ? error : new HubError('ServerError', 'The emulator failed to serve the request.');
  return { status, body: { errorCode: code, trackingId: randomUUID(), message, timestampUtc: serviceTime() } };
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

function withoutMetadata({ $metadata, ...properties }: JsonObject): JsonObject {
  return properties;
}
