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

/** What happened to a twin. */
export type TwinEvent = TwinChanged | DeviceLife;
