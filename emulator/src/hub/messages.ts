import { randomUUID } from 'node:crypto';
import type { DeviceIdentity } from './identity';
import { serviceTime } from './time';
import type { TwinChange } from './twin';
import type { JsonObject, RoutedMessage, RouteSource, TwinDocument } from './types';

/**
 * The messages that the hub hands to its routes (Azure IoT Hub, "Non-telemetry event schemas" and "Create and read
 * IoT Hub messages").
 */

/** A twin was written: an update tells what changed, a replacement the whole twin. */
export function twinChangeMessage(
  hubName: string,
  opType: 'updateTwin' | 'replaceTwin',
  twin: TwinDocument,
  change: TwinChange,
): RoutedMessage {
  const { deviceId, etag, version, tags, properties } = twin;
  const whole = { deviceId, etag, version, ...(tags ? { tags } : {}), properties };
  const body = opType === 'replaceTwin' ? whole : { version, ...changedSections(change) };
  return notification(hubName, 'TwinChangeEvents', 'twinChangeNotification', opType, deviceId, body);
}

function changedSections({ tags, desired, reported }: TwinChange): JsonObject {
  const properties = { ...(desired ? { desired } : {}), ...(reported ? { reported } : {}) };
  return { ...(tags ? { tags } : {}), ...(desired || reported ? { properties } : {}) };
}

/** A device was registered or removed; the message holds its twin. */
export function lifecycleMessage(
  hubName: string,
  opType: 'createDeviceIdentity' | 'deleteDeviceIdentity',
  { deviceId, etag, version, properties }: TwinDocument,
): RoutedMessage {
  const body = { deviceId, etag, version, properties };
  return notification(hubName, 'DeviceLifecycleEvents', 'deviceLifecycleNotification', opType, deviceId, body);
}

/** A device connected or disconnected; sequence numbers grow, as strings too. */
export function connectionStateMessage(hubName: string, deviceId: string, connected: boolean): RoutedMessage {
  const sequenceNumber = process.hrtime.bigint().toString(16).toUpperCase().padStart(32, '0');
  const opType = connected ? 'deviceConnected' : 'deviceDisconnected';
  const schema = 'deviceConnectionStateNotification';
  return notification(hubName, 'DeviceConnectionStateEvents', schema, opType, deviceId, { sequenceNumber });
}

/** A device-to-cloud message; `$.ct` and the like of its property bag are system properties. */
export function telemetryMessage(
  { deviceId, generationId }: DeviceIdentity,
  properties: Record<string, string>,
  body: Buffer,
): RoutedMessage {
  const bag = Object.entries(properties);
  const system = bag.flatMap(([name, value]) => {
    const systemName = systemProperties[name];
    return systemName ? [[systemName, value] as const] : [];
  });
  return {
    source: 'DeviceMessages',
    deviceId,
    applicationProperties: Object.fromEntries(bag.filter(([name]) => !(name in systemProperties))),
    systemProperties: {
      ...Object.fromEntries(system),
      'iothub-connection-device-id': deviceId,
      'iothub-connection-auth-method': '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
      'iothub-connection-auth-generation-id': generationId,
      'iothub-enqueuedtime': Date.now(),
      'iothub-message-source': 'Telemetry',
    },
    body,
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
};

function notification(
  hubName: string,
  source: RouteSource,
  schema: string,
  opType: string,
  deviceId: string,
  body: JsonObject,
): RoutedMessage {
  return {
    source,
    deviceId,
    applicationProperties: {
      hubName,
      deviceId,
      operationTimestamp: serviceTime(),
      'iothub-message-schema': schema,
      opType,
    },
    systemProperties: {
      'content-type': 'application/json',
      'content-encoding': 'utf-8',
      'correlation-id': randomUUID().slice(-12),
      'user-id': hubName,
      'iothub-connection-device-id': deviceId,
      'iothub-enqueuedtime': Date.now(),
      'iothub-message-source': source.charAt(0).toLowerCase() + source.slice(1),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}
