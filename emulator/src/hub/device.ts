import { never } from '../service/time';
import type { JsonObject, TwinDocument } from '../service/types';
import { thumbprintsOf, toAuthenticationDocument } from './authentication';
import { type Identity, identityEtag } from './identity';
import { type TwinState, twinEtag, twinVersion } from './twin';

/** A device or a module: its identity and twin, which are kept, and its connection, which is not. */
export interface Device extends Connection {
  /** Where it stands among the others: queries page in the order of creation. */
  ordinal: number;
  identity: Identity;
  twin: TwinState;
}

/** What is known of a device's connection, and waits for one. */
export interface Connection {
  connected: boolean;
  /** When it last connected or disconnected. */
  connectionChanged?: string;
  lastActivity?: string;
  /** Messages that wait for it; none where absent. */
  waiting?: number;
}

/** The twin as `GET /twins/{id}` answers it, its members in the order that real hubs have. */
export function toDocument(device: Device): TwinDocument {
  const { identity, twin } = device;
  const { writes, tags, desired, reported } = twin;
  const document = head(identity, device, writes, reported.$version) as TwinDocument;
  if (tags !== undefined) document.tags = tags;
  document.properties = { desired, reported };
  return addTail(document, identity);
}

/** A twin whose sections are JSON already; tags are empty where there are none. */
export interface TwinText {
  writes: number;
  tags: string;
  desired: string;
  reported: string;
  reportedVersion: number;
}

/** The same as text. */
export function toDocumentText(
  identity: Identity,
  connection: Connection,
  { writes, tags, desired, reported, reportedVersion }: TwinText,
): string {
  const start = JSON.stringify(head(identity, connection, writes, reportedVersion)).slice(0, -1);
  const end = JSON.stringify(addTail({} as TwinDocument, identity));
  const properties = `"properties":{"desired":${desired},"reported":${reported}}`;
  return `${start},${tags && `"tags":${tags},`}${properties}${end === '{}' ? '}' : `,${end.slice(1)}`}`;
}

/** What a document has before its sections. */
function head(
  identity: Identity,
  { connected, lastActivity = never, waiting = 0 }: Connection,
  writes: number,
  reportedVersion: number,
): object {
  const { deviceId, moduleId, statusReason, modelId = '' } = identity;
  const document = { deviceId } as TwinDocument;
  // One by one: conditional spreads would double what a twin costs to read.
  if (moduleId !== undefined) document.moduleId = moduleId;
  document.etag = twinEtag(writes);
  document.deviceEtag = identityEtag(identity);
  document.status = identity.status;
  if (statusReason !== undefined) document.statusReason = statusReason;
  document.statusUpdateTime = identity.statusUpdatedTime;
  document.connectionState = connectionState(connected);
  document.lastActivityTime = lastActivity;
  document.cloudToDeviceMessageCount = waiting;
  document.authenticationType = identity.authentication.type;
  document.x509Thumbprint = { ...thumbprintsOf(identity.authentication) };
  document.modelId = modelId;
  document.version = twinVersion(writes, reportedVersion);
  return document;
}

function addTail(document: TwinDocument, { moduleId, iotEdge, deviceScope, parentScopes }: Identity): TwinDocument {
  if (moduleId === undefined) document.capabilities = { iotEdge };
  if (deviceScope !== undefined) document.deviceScope = deviceScope;
  if (parentScopes !== undefined) document.parentScopes = parentScopes;
  return document;
}

/** The twin as queries see it: there those of modules have capabilities too. */
export function toRow(device: Device): JsonObject {
  const row: JsonObject = { ...toDocument(device) };
  row.capabilities ??= { iotEdge: device.identity.iotEdge };
  return row;
}

/**
 * The identity, keys included, as `GET /devices/{id}` or `GET /devices/{id}/modules/{moduleId}` answers it.
 *
 * @param untold what stands for times that never were.
 */
export function toIdentityDocument(device: Device, untold = never): JsonObject {
  const { identity, connected, connectionChanged = untold, lastActivity = untold, waiting = 0 } = device;
  const { deviceId, moduleId, generationId, authentication } = identity;
  const of = { deviceId, generationId, etag: identityEtag(identity), connectionState: connectionState(connected) };
  const activity = { lastActivityTime: lastActivity, cloudToDeviceMessageCount: waiting };
  const proof = { authentication: toAuthenticationDocument(authentication) };
  if (moduleId !== undefined) {
    const { managedBy = null } = identity;
    return { moduleId, managedBy, ...of, connectionStateUpdatedTime: connectionChanged, ...activity, ...proof };
  }
  const { status, statusReason = null, statusUpdatedTime } = identity;
  return {
    ...of,
    status,
    statusReason,
    connectionStateUpdatedTime: connectionChanged,
    statusUpdatedTime: statusUpdatedTime === never ? untold : statusUpdatedTime,
    ...activity,
    ...proof,
    capabilities: { iotEdge: identity.iotEdge },
    ...scopes(identity),
  };
}

/** The same in the answer to the PUT that made it: there real hubs leave the zone of such times out. */
export function toCreatedDocument(device: Device): JsonObject {
  return toIdentityDocument(device, never.replace('Z', ''));
}

function scopes({ deviceScope, parentScopes }: Identity) {
  return {
    ...(deviceScope === undefined ? {} : { deviceScope }),
    ...(parentScopes === undefined ? {} : { parentScopes }),
  };
}

function connectionState(connected: boolean): 'Connected' | 'Disconnected' {
  return connected ? 'Connected' : 'Disconnected';
}
