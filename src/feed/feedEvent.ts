import { changeIdOf } from '../changes/changeId';
import type { Envelope, TwinEvent } from '../changes/twinEvent';

/** Where a device is, and how it is connected there. */
export interface FeedPlace {
  location: string;
  connectivity: string | null;
}

/** A device moved between two places of the lists of members, which its twin does not name; null: it was, or is, in none. */
export interface DeviceMoved extends Envelope {
  type: 'DeviceTwins.DeviceMoved';
  data: { version?: number | undefined; from: FeedPlace | null; to: FeedPlace | null };
}

/** What stands in a row of the feed. */
export type FeedEvent = TwinEvent | DeviceMoved;

/** The event that tells of a move, told once more with the same id wherever the event that set it off comes again. */
export function toDeviceMoved(event: TwinEvent, { from, to }: Pick<DeviceMoved['data'], 'from' | 'to'>): DeviceMoved {
  const { specversion, source, subject, time, data } = event;
  const id = `${changeIdOf(event)}-moved`;
  return {
    specversion,
    id,
    source,
    subject,
    time,
    type: 'DeviceTwins.DeviceMoved',
    data: { version: data.version, from, to },
  };
}
