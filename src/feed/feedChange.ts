import { type ChangedValue, changedValues } from '../changes/changedPaths';
import { changeIdOf } from '../changes/changeId';
import type { FeedEvent, FeedPlace } from './feedEvent';

/** A change as readers of the feed see it; in the words of the history, where that has them. */
export interface FeedChange {
  /** That of the history; of a move the id of the change that moved the device, and `-moved`. */
  id: string;
  time: string;
  type: FeedEvent['type'];
  deviceId: string;
  moduleId?: string;
  version?: number;
  operation?: 'update' | 'replace';
  /** Not every value is told: get the twin. */
  truncated?: true;
  values?: ChangedValue[];
  from?: FeedPlace | null;
  to?: FeedPlace | null;
}

export function toFeedChange(event: FeedEvent): FeedChange {
  const { time, type, data } = event;
  const { deviceId, moduleId } = twinOf(event);
  return {
    id: type === 'DeviceTwins.DeviceMoved' ? event.id : changeIdOf(event),
    time,
    type,
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(data.version === undefined ? {} : { version: data.version }),
    ...(type === 'DeviceTwins.DeviceMoved' ? { from: data.from, to: data.to } : {}),
    ...(type === 'DeviceTwins.TwinChanged'
      ? {
          operation: data.operation,
          ...(data.truncated ? { truncated: data.truncated } : {}),
          values: changedValues(data),
        }
      : {}),
  };
}

/** The twin that an event is of. */
export function twinOf({ subject }: FeedEvent): { deviceId: string; moduleId: string | undefined } {
  const [, deviceId = '', , moduleId] = subject.split('/');
  return { deviceId, moduleId };
}

/** Whether an event sets or removes a value at a path, below it, or with all that is around it. */
export function touches(event: FeedEvent, path: string): boolean {
  if (event.type !== 'DeviceTwins.TwinChanged') return false;
  // In a twin, properties stand below `properties`; a change has its sections side by side.
  const asked = path.replace(/^properties\./, '');
  return changedValues(event.data).some(
    (value) => value.path === asked || value.path.startsWith(`${asked}.`) || asked.startsWith(`${value.path}.`),
  );
}
