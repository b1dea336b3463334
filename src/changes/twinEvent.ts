import type { JsonObject } from '../json';

/** A section of a twin, or what changed in it; null removes. */
export type Section = JsonObject | null;

/** What changed: of an update the changed values, of a replacement all of them, without their metadata. */
export interface TwinChange {
  operation: 'update' | 'replace';
  /** The twin's version after the change. */
  version: number;
  tags?: Section | undefined;
  desired?: Section | undefined;
  reported?: Section | undefined;
  /** Some section was too large for the topic, and is empty here: get the twin for its values. */
  truncated?: true | undefined;
}

/** What a CloudEvent (1.0) tells beside its data. */
export interface Envelope {
  specversion: '1.0';
  /** The same on every delivery of one notification; its fourth part is the hub's own text of the time. */
  id: string;
  /** `iothub/{hubName}` */
  source: string;
  /** `devices/{deviceId}` or `devices/{deviceId}/modules/{moduleId}` */
  subject: string;
  /** When the hub did it, in UTC with seven digits of a second: such times compare as text. */
  time: string;
  /** Trace context of the relay's invocation (CloudEvents extension "distributed tracing"). */
  traceparent?: string | undefined;
}

export interface TwinChanged<Data extends TwinChange = TwinChange> extends Envelope {
  type: 'DeviceTwins.TwinChanged';
  data: Data;
}

export interface DeviceLife extends Envelope {
  type: 'DeviceTwins.DeviceCreated' | 'DeviceTwins.DeviceDeleted';
  data: { version?: number | undefined };
}

export interface DeviceConnection extends Envelope {
  type: 'DeviceTwins.DeviceConnected' | 'DeviceTwins.DeviceDisconnected';
  /** Its order among those of the device, which times do not tell: hexadecimal, compared as text. */
  data: { sequenceNumber: string; version?: undefined };
}

/** What happened to a twin, or to the connection of its device. */
export type TwinEvent = TwinChanged | DeviceLife | DeviceConnection;

/** The types of events on the topic. */
export const eventTypes = [
  'DeviceTwins.TwinChanged',
  'DeviceTwins.DeviceCreated',
  'DeviceTwins.DeviceDeleted',
  'DeviceTwins.DeviceConnected',
  'DeviceTwins.DeviceDisconnected',
] as const satisfies TwinEvent['type'][];

/** Tells events of connections, of which a twin and its versions know nothing. */
export function isOfConnection(event: TwinEvent): event is DeviceConnection {
  return event.type === 'DeviceTwins.DeviceConnected' || event.type === 'DeviceTwins.DeviceDisconnected';
}
