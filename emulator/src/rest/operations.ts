import type { IncomingHttpHeaders } from 'node:http';
import { toIdentityDocument } from '../hub/device';
import type { Hub } from '../hub/hub';
import { HubError, invalidArgument } from '../hub/hubError';
import { parseIdentityInput } from '../hub/identity';
import { isObject } from '../hub/json';
import type { TwinWrite } from '../hub/twin';
import type { Json, JsonObject, TwinDocument } from '../hub/types';
import type { Right } from '../security/policies';
import type { Reply } from './reply';

/** A request whose caller has the right for it. */
export interface Call {
  hub: Hub;
  /** Segments of the path that the operation leaves open, decoded. */
  parameters: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The JSON body; `undefined` where there is none. */
  body: Json | undefined;
}

/** One operation of the service API (api-version 2021-04-12). */
export interface Operation {
  method: string;
  /** Segments of its path; `*` stands for any. */
  path: readonly string[];
  right: Right;
  run(call: Call): Reply | Promise<Reply>;
}

/** What this emulator serves of the service API. */
export const operations: readonly Operation[] = [
  { method: 'GET', path: ['statistics', 'devices'], right: 'RegistryRead', run: ({ hub }) => ok(hub.statistics()) },
  { method: 'GET', path: ['devices'], right: 'RegistryRead', run: listDevices },
  { method: 'POST', path: ['devices', 'query'], right: 'ServiceConnect', run: queryTwins },
  { method: 'GET', path: ['devices', '*'], right: 'RegistryRead', run: getDevice },
  { method: 'PUT', path: ['devices', '*'], right: 'RegistryWrite', run: putDevice },
  { method: 'DELETE', path: ['devices', '*'], right: 'RegistryWrite', run: deleteDevice },
  { method: 'GET', path: ['twins', '*'], right: 'ServiceConnect', run: getTwin },
  { method: 'PATCH', path: ['twins', '*'], right: 'ServiceConnect', run: patchTwin },
  { method: 'PUT', path: ['twins', '*'], right: 'ServiceConnect', run: replaceTwin },
];

/** Most identities that one list holds; any other `top` counts as this one. */
const maxListed = 1000;

function listDevices({ hub, query }: Call): Reply {
  const top = Number(query.get('top'));
  const devices = hub.listDevices(top >= 1 && top <= maxListed ? Math.floor(top) : maxListed);
  return ok(devices.map(toIdentityDocument));
}

function getDevice({ hub, parameters: [deviceId = ''] }: Call): Reply {
  return ok(toIdentityDocument(hub.getDevice(deviceId)));
}

/** Without `If-Match` a PUT creates, with it it updates. */
async function putDevice({ hub, parameters: [deviceId = ''], headers, body = null }: Call): Promise<Reply> {
  const input = parseIdentityInput(deviceId, body);
  const ifMatch = headers['if-match'];
  const device = ifMatch === undefined ? hub.createDevice(deviceId, input) : hub.updateDevice(deviceId, input, ifMatch);
  return ok(toIdentityDocument(await device));
}

async function deleteDevice({ hub, parameters: [deviceId = ''], headers }: Call): Promise<Reply> {
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) throw new HubError('PreconditionFailed', 'Etag missing');
  await hub.deleteDevice(deviceId, ifMatch);
  return { status: 204 };
}

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

function ok(body: unknown): Reply {
  return { status: 200, body };
}
