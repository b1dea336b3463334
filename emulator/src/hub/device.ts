import { thumbprintsOf, toAuthenticationDocument } from './authentication';
import { type Identity, identityEtag } from './identity';
import { never } from './time';
import { type TwinState, toProperties, twinEtag, twinVersion } from './twin';
import type { JsonObject, TwinDocument } from './types';

/** A device or a module: its identity and twin, which are kept, and its connection, which is not. */
export interface Device extends Connection {
  /** Where it stands among the others: queries page in the order of creation. */
  ordinal: number;
  identity: Identity;
  twin: TwinState;
}

/** What is known of a device's connection. */
export interface Connection {
  connected: boolean;
  /** When it last connected or disconnected. */
  connectionChanged?: string;
  lastActivity?: string;
}

/** The twin as `GET /twins/{id}` answers it. */
export function toDocument({ identity, twin, connected, lastActivity = never }: Device): TwinDocument {
  const { deviceId, moduleId, status, statusReason, statusUpdatedTime, authentication } = identity;
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    etag: twinEtag(twin),
    deviceEtag: identityEtag(identity),
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    statusUpdateTime: statusUpdatedTime,
    connectionState: connectionState(connected),
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: 0,
    authenticationType: authentication.type,
    x509Thumbprint: { ...thumbprintsOf(authentication) },
    modelId: '',
    version: twinVersion(twin),
    ...(twin.tags === undefined ? {} : { tags: twin.tags }),
    properties: { desired: toProperties(twin.desired), reported: toProperties(twin.reported) },
    ...(moduleId === undefined ? { capabilities: { iotEdge: identity.iotEdge } } : {}),
    ...scopes(identity),
  };
}

/** The identity, keys included, as `GET /devices/{id}` or `GET /devices/{id}/modules/{moduleId}` answers it. */
export function toIdentityDocument(device: Device): JsonObject {
  const { identity, connected, connectionChanged = never, lastActivity = never } = device;
  const { deviceId, moduleId, generationId, authentication } = identity;
  const common = {
    deviceId,
    generationId,
    etag: identityEtag(identity),
    connectionState: connectionState(connected),
    connectionStateUpdatedTime: connectionChanged,
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: 0,
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
