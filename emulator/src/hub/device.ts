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

/** The twin as `GET /twins/{id}` answers it. */
export function toDocument({ identity, twin, connected, lastActivity = never, waiting = 0 }: Device): TwinDocument {
  const { writes, tags, desired, reported } = twin;
  const { deviceId, moduleId, statusReason, deviceScope, parentScopes } = identity;
  const document: TwinDocument = {
    deviceId,
    etag: twinEtag(writes),
    deviceEtag: identityEtag(identity),
    status: identity.status,
    statusUpdateTime: identity.statusUpdatedTime,
    connectionState: connectionState(connected),
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: waiting,
    authenticationType: identity.authentication.type,
    x509Thumbprint: { ...thumbprintsOf(identity.authentication) },
    modelId: '',
    version: twinVersion(writes, reported.$version),
    properties: { desired, reported },
  };
  // One by one: conditional spreads would double what a twin costs to read.
  if (tags !== undefined) document.tags = tags;
  if (moduleId === undefined) document.capabilities = { iotEdge: identity.iotEdge };
  else document.moduleId = moduleId;
  if (statusReason !== undefined) document.statusReason = statusReason;
  if (deviceScope !== undefined) document.deviceScope = deviceScope;
  if (parentScopes !== undefined) document.parentScopes = parentScopes;
  return document;
}

/** The identity, keys included, as `GET /devices/{id}` or `GET /devices/{id}/modules/{moduleId}` answers it. */
export function toIdentityDocument(device: Device): JsonObject {
  const { identity, connected, connectionChanged = never, lastActivity = never, waiting = 0 } = device;
  const { deviceId, moduleId, generationId, authentication } = identity;
  const common = {
    deviceId,
    generationId,
    etag: identityEtag(identity),
    connectionState: connectionState(connected),
    connectionStateUpdatedTime: connectionChanged,
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: waiting,
    authentication: toAuthenticationDocument(authentication),
  };
  if (moduleId !== undefined) return { moduleId, managedBy: identity.managedBy ?? null, ...common };
  return {
    ...common,
    status: identity.status,
    statusReason: identity.statusReason ?? null,
    statusUpdatedTime: identity.statusUpdatedTime,
    capabilities: { iotEdge: identity.iotEdge },
    ...scopes(identity),
  };
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
