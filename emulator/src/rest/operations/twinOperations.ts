import { HubError, invalidArgument } from '../../hub/hubError';
import { isObject } from '../../hub/json';
import type { TwinWrite } from '../../hub/twin';
import type { Json, JsonObject, TwinDocument } from '../../hub/types';
import type { Call, Operation } from '../operation';
import type { Reply } from '../reply';

/** Twins, and queries over them. */
export const twinOperations: readonly Operation[] = [
  { method: 'POST', path: ['devices', 'query'], right: 'ServiceConnect', run: queryTwins },
  { method: 'GET', path: ['twins', '*'], right: 'ServiceConnect', run: getTwin },
  { method: 'PATCH', path: ['twins', '*'], right: 'ServiceConnect', run: patchTwin },
  { method: 'PUT', path: ['twins', '*'], right: 'ServiceConnect', run: replaceTwin },
];

function getTwin({ hub, parameters: [deviceId = ''] }: Call): Reply {
  return twinReply(hub.getTwin(deviceId));
}

async function patchTwin({ hub, parameters: [deviceId = ''], headers, body }: Call): Promise<Reply> {
  return twinReply(await hub.patchTwin(deviceId, parseTwinWrite(body), headers['if-match']));
}

async function replaceTwin({ hub, parameters: [deviceId = ''], headers, body }: Call): Promise<Reply> {
  return twinReply(await hub.replaceTwin(deviceId, parseTwinWrite(body), headers['if-match']));
}

function queryTwins({ hub, headers, body }: Call): Reply {
  const text = isObject(body) ? body.query : undefined;
  if (text === undefined) throw new HubError('ArgumentNull', 'The body lacks query.');
  if (typeof text !== 'string') throw invalidArgument('query must be a string.');
  const continuation = headers['x-ms-continuation'];
  const page = hub.query(text, {
    maxItemCount: Number(headers['x-ms-max-item-count']) || undefined,
    continuation: typeof continuation === 'string' && continuation !== '' ? continuation : undefined,
  });
  const next = page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation };
  return { status: 200, headers: { 'x-ms-item-type': page.itemType, ...next }, body: page.items };
}

/** Tags and desired properties of a PATCH or PUT; what else it holds is not the service side's to write. */
function parseTwinWrite(body: Json | undefined): TwinWrite {
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

function twinReply(twin: TwinDocument): Reply {
  return { status: 200, headers: { etag: `"${twin.etag}"` }, body: twin };
}
