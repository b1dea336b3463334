import { formatPairs } from '../formatPairs';
import { changedPaths, changedSections } from './changedPaths';
import type { Novelty } from './seenEvents';
import type { TwinEvent } from './twinEvent';

const happenings = {
  'DeviceTwins.DeviceCreated': 'was created',
  'DeviceTwins.DeviceDeleted': 'was deleted',
  'DeviceTwins.DeviceConnected': 'connected',
  'DeviceTwins.DeviceDisconnected': 'disconnected',
} as const;

/** Paths that a line shows; a replacement can have hundreds. */
const maxPaths = 50;

/**
 * One log line: a sentence for a person, then `name=value` pairs for a query of the log. Values stay out of it.
 * `relayedBy` is the operation id under which the relay logged.
 *
 * @example devices/myDeviceId changed: tags.location.plant | sections=tags version=4 seen=new id=…
 */
export function describeEvent({ id, type, subject, data, traceparent }: TwinEvent, novelty: Novelty): string {
  const [, relayedBy] = traceparent?.split('-') ?? [];
  const last = { seen: novelty, id, ...(relayedBy ? { relayedBy } : {}) };
  if (type !== 'DeviceTwins.TwinChanged') return `${subject} ${happenings[type]} | ${formatPairs(last)}`;
  const paths = changedPaths(data);
  const more = paths.length > maxPaths ? `, and ${paths.length - maxPaths} more` : '';
  const sections = changedSections(data).join(',');
  const what = data.operation === 'update' ? 'changed' : 'was replaced';
  const pairs = formatPairs({
    sections,
    version: data.version,
    ...(data.truncated ? { truncated: 'true' } : {}),
    ...last,
  });
  return `${subject} ${what}: ${paths.slice(0, maxPaths).join(', ')}${more} | ${pairs}`;
}
