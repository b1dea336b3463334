import type { EventMessage } from '../amqp/message/eventMessage';

/** A JSON value as a twin holds it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** One section of a twin's properties: its values beside `$metadata` and `$version`. */
export interface TwinProperties extends JsonObject {
  $metadata: JsonObject;
  $version: number;
}

/** A device twin as `GET /twins/{id}` answers it (api-version 2021-04-12). */
export interface TwinDocument {
  deviceId: string;
  moduleId?: string;
  etag: string;
  deviceEtag: string;
  status: 'enabled' | 'disabled';
  statusReason?: string;
  statusUpdateTime: string;
  connectionState: 'Connected' | 'Disconnected';
  lastActivityTime: string;
  cloudToDeviceMessageCount: number;
  authenticationType: 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';
  x509Thumbprint: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
  modelId: string;
  version: number;
  tags?: JsonObject;
  properties: { desired: TwinProperties; reported: TwinProperties };
  /** Of devices only. */
  capabilities?: { iotEdge: boolean };
  deviceScope?: string;
  parentScopes?: string[];
}

/** The sources of IoT Hub message routing that this emulator raises. */
export type RouteSource =
  | 'DeviceMessages'
  | 'TwinChangeEvents'
  | 'DeviceLifecycleEvents'
  | 'DeviceConnectionStateEvents';

/** One message as the hub hands it to its routes; an Event Hubs endpoint stores it as one event. */
export interface RoutedMessage {
  source: RouteSource;
  deviceId: string;
  moduleId?: string;
  /** AMQP application properties: `opType`, `hubName`, `deviceId`, `operationTimestamp`, …; of telemetry, the device's own. */
  applicationProperties: Record<string, string>;
  /** AMQP properties and annotations: `content-type`, `content-encoding`, `correlation-id`, `user-id`, `iothub-…`. */
  systemProperties: Record<string, string | number>;
  body: Buffer;
  /** The whole as its sender encoded it: what comes out has the types that came in. */
  encoded?: EventMessage;
}

/** A desired-properties change for a connected device: the patch as applied, `$version` included. */
export interface DesiredChange {
  deviceId: string;
  moduleId?: string;
  patch: JsonObject & { $version: number };
}

/** What a live connection must hear of its identity. */
export interface IdentityGone {
  deviceId: string;
  moduleId?: string;
  reason: 'deleted' | 'disabled' | 'keysChanged';
}

/** Events of {@link Hub.events}. */
export interface HubEventMap {
  message: [RoutedMessage];
  desired: [DesiredChange];
  identityGone: [IdentityGone];
}

/** One page of a query: `POST /devices/query`. */
export interface QueryPage {
  items: Json[];
  itemType: 'Twin' | 'Raw' | 'DeviceJob';
  continuation?: string;
}
