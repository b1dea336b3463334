import { type DeviceIdentity, identityEtag } from './identity';
import { never } from './time';
import { type TwinState, toProperties, twinEtag, twinVersion } from './twin';
import type { JsonObject, TwinDocument } from './types';

/** A device: its identity and twin, which are kept, and its connection, which is not. */
export interface Device {
  identity: DeviceIdentity;
  twin: TwinState;
  /** Where it stands among the devices: queries page in the order of creation. */
  ordinal: number;
  connected: boolean;
  /** When it last connected or disconnected. */
  connectionChanged?: string;
  lastActivity?: string;
}

/** The twin of a device as `GET /twins/{id}` answers it. */
export function toDocument({ identity, twin, connected, lastActivity = never }: Device): TwinDocument {
  return {
    deviceId: identity.deviceId,
    etag: twinEtag(twin),
    deviceEtag: identityEtag(identity),
    status: identity.status,
    ...(identity.statusReason === undefined ? {} : { statusReason: identity.statusReason }),
    statusUpdateTime: identity.statusUpdatedTime,
    connectionState: connected ? 'Connected' : 'Disconnected',
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: 0,
    authenticationType: 'sas',
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    modelId: '',
    version: twinVersion(twin),
    ...(twin.tags === undefined ? {} : { tags: twin.tags }),
    properties: { desired: toProperties(twin.desired), reported: toProperties(twin.reported) },
    capabilities: { iotEdge: identity.iotEdge },
  };
}

/** The identity of a device, keys included, as `GET /devices/{id}` answers it. */
export function toIdentityDocument(device: Device): JsonObject {
  const { identity, connected, connectionChanged = never, lastActivity = never } = device;
  const { primaryKey, secondaryKey } = identity.symmetricKey;
  return {
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identityEtag(identity),
    connectionState: connected ? 'Connected' : 'Disconnected',
    status: identity.status,
    statusReason: identity.statusReason ?? null,
    connectionStateUpdatedTime: connectionChanged,
    statusUpdatedTime: identity.statusUpdatedTime,
    lastActivityTime: lastActivity,
    cloudToDeviceMessageCount: 0,
    authentication: {
      symmetricKey: { primaryKey, secondaryKey },
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      type: 'sas',
    },
    capabilities: { iotEdge: identity.iotEdge },
  };
}
