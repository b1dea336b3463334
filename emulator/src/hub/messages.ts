import { randomUUID } from 'node:crypto';
import type { EventMessage } from '../amqp/message/eventMessage';
import { exactTime } from '../service/time';
import type { JsonObject, RoutedMessage, RouteSource, TwinDocument } from '../service/types';
import type { Identity, Ids } from './identity';
import type { TwinChange } from './twin';

/**
 * The messages that the hub hands to its routes (Azure IoT Hub, "Non-telemetry event schemas" and "Create and read
 * IoT Hub messages").
 */

/** The Event Hub-compatible name of a hub's built-in endpoint. */
export function builtInEntityPath(hubName: string): string {
  return `iothub-ehub-${hubName}`;
}

/** A twin was written: an update tells what changed, a replacement the whole twin. */
export function twinChangeMessage(
  hubName: string,
  opType: 'updateTwin' | 'replaceTwin',
  twin: TwinDocument,
  change: TwinChange,
): RoutedMessage {
  const { etag, version, tags, properties } = twin;
  const body =
    opType === 'replaceTwin'
      ? { ...idsOf(twin), etag, version, ...(tags ? { tags } : {}), properties }
      : { version, ...changedSections(change) };
  return notification(hubName, 'TwinChangeEvents', 'twinChangeNotification', opType, twin, body);
}

function changedSections({ tags, desired, reported }: TwinChange): JsonObject {
  const properties = { ...(desired ? { desired } : {}), ...(reported ? { reported } : {}) };
  return { ...(tags ? { tags } : {}), ...(desired || reported ? { properties } : {}) };
}

/** A device or module was registered or removed; the message holds its twin. */
export function lifecycleMessage(
  hubName: string,
  opType: 'createDeviceIdentity' | 'deleteDeviceIdentity',
  twin: TwinDocument,
): RoutedMessage {
  const { etag, version, properties } = twin;
  const body = { ...idsOf(twin), etag, version, properties };
  return notification(hubName, 'DeviceLifecycleEvents', 'deviceLifecycleNotification', opType, twin, body);
}

/** A device connected or disconnected; sequence numbers grow, as strings too. */
export function connectionStateMessage(hubName: string, ids: Ids, connected: boolean): RoutedMessage {
  const sequenceNumber = process.hrtime.bigint().toString(16).toUpperCase().padStart(32, '0');
  const opType = connected ? 'deviceConnected' : 'deviceDisconnected';
  const schema = 'deviceConnectionStateNotification';
  return notification(hubName, 'DeviceConnectionStateEvents', schema, opType, ids, { sequenceNumber });
}

/** A device-to-cloud message; `$.ct` and the like of its property bag are system properties, `$.sub` the component. */
export function telemetryMessage(
  identity: Identity,
  properties: Record<string, string>,
  body: Buffer,
  encoded?: EventMessage,
): RoutedMessage {
  const bag = Object.entries(properties);
  const system = bag.flatMap(([name, value]) => {
    const systemName = systemProperties[name];
    return systemName ? [[systemName, value] as const] : [];
  });
  return {
    source: 'DeviceMessages',
    ...idsOf(identity),
    applicationProperties: Object.fromEntries(bag.filter(([name]) => !(name in systemProperties))),
    systemProperties: {
      ...Object.fromEntries(system),
      ...connectionOf(identity),
      'iothub-connection-auth-method': authMethod(identity),
      'iothub-connection-auth-generation-id': identity.generationId,
      'iothub-enqueuedtime': Date.now(),
      'iothub-message-source': 'Telemetry',
      ...(identity.modelId === undefined ? {} : { 'dt-dataschema': identity.modelId }),
    },
    body,
    ...(encoded ? { encoded } : {}),
  };
}

/** Names in an MQTT property bag that stand for AMQP properties. */
const systemProperties: Readonly<Record<string, string>> = {
  '$.mid': 'message-id',
  '$.cid': 'correlation-id',
  '$.uid': 'user-id',
  '$.to': 'to',
  '$.ct': 'content-type',
  '$.ce': 'content-encoding',
  '$.exp': 'absolute-expiry-time',
  '$.sub': 'dt-subject',
};

function notification(
  hubName: string,
  source: RouteSource,
  schema: string,
  opType: string,
  ids: Ids,
  body: JsonObject,
): RoutedMessage {
  return {
    source,
    ...idsOf(ids),
    applicationProperties: {
      hubName,
      ...idsOf(ids),
      operationTimestamp: exactTime(),
      'iothub-message-schema': schema,
      opType,
    },
    systemProperties: {
      'content-type': 'application/json',
      'content-encoding': 'utf-8',
      'correlation-id': randomUUID().slice(-12),
      'user-id': hubName,
      ...connectionOf(ids),
      'iothub-enqueuedtime': Date.now(),
      'iothub-message-source': source.charAt(0).toLowerCase() + source.slice(1),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function idsOf({ deviceId, moduleId }: Ids): Ids {
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

function connectionOf({ deviceId, moduleId }: Ids): Record<string, string> {
  return {
    'iothub-connection-device-id': deviceId,
    ...(moduleId === undefined ? {} : { 'iothub-connection-module-id': moduleId }),
  };
}

function authMethod({ moduleId, authentication }: Identity): string {
  const isSas = authentication.type === 'sas';
  return JSON.stringify({
    scope: moduleId === undefined ? 'device' : 'module',
    type: isSas ? 'sas' : 'x509',
    issuer: isSas ? 'iothub' : 'external',
    acceptingIpFilterRule: null,
  });
}
