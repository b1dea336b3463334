import { workThrough } from '../workThrough';
import type { Cursor } from './cursor';
import { type FeedChange, toFeedChange, touches, twinOf } from './feedChange';
import type { FeedEvent, FeedPlace } from './feedEvent';
import type { FeedReader } from './feedReader';

/** Which changes to read. */
export interface AskedChanges {
  limit: number;
  device?: string | undefined;
  /** Where the device is now. */
  location?: string | undefined;
  path?: string | undefined;
  type?: FeedEvent['type'] | undefined;
}

/** What changes are read with. */
export interface ChangesMeans {
  reader: FeedReader;
  /** Where a device is now; undefined where it is in no location. */
  whereIs(deviceId: string): Promise<FeedPlace | undefined>;
  /** Who made a change through this app, and why. */
  authorOf(change: FeedChange): Promise<{ by?: string; reason?: string }>;
}

/** A change with what is looked up for a reader. */
export type ToldChange = FeedChange & Partial<FeedPlace> & { by?: string; reason?: string };

/** Most rows that an answer reads: those of the feed, and of devices to know where they are. */
const maxRows = 1000;

/** Devices and authors that are looked up at a time. */
const atATime = 16;

/** Reads a page of changes after a cursor; it may be empty while there are more. */
export async function readChanges(
  after: Cursor | undefined,
  asked: AskedChanges,
  { reader, whereIs, authorOf }: ChangesMeans,
): Promise<{ changes: ToldChange[]; cursor: Cursor; isMore: boolean }> {
  const { limit, location } = asked;
  const places = new Map<string, FeedPlace | undefined>();
  const filter = async (events: readonly FeedEvent[]) => {
    const found = events.filter((event) => isWanted(event, asked));
    if (location === undefined) return new Set(found);
    await workThrough(new Set(found.map((event) => twinOf(event).deviceId)), atATime, async (deviceId) => {
      places.set(deviceId, await whereIs(deviceId));
      return 'goOn';
    });
    return new Set(found.filter((event) => places.get(twinOf(event).deviceId)?.location === location));
  };
  const isFiltered = [asked.device, location, asked.path, asked.type].some((each) => each !== undefined);
  const page = await reader.read({
    after,
    limit,
    maxRows: location === undefined ? maxRows : maxRows / 2,
    filter: isFiltered ? filter : undefined,
  });
  const changes: ToldChange[] = page.events.map((event) => {
    const change = toFeedChange(event);
    return { ...change, ...places.get(change.deviceId) };
  });
  await workThrough(changes.entries(), atATime, async ([index, change]) => {
    changes[index] = { ...change, ...(await authorOf(change)) };
    return 'goOn';
  });
  return { changes, cursor: page.cursor, isMore: page.isMore };
}

function isWanted(event: FeedEvent, { device, path, type }: AskedChanges): boolean {
  return (
    (device === undefined || twinOf(event).deviceId === device) &&
    (type === undefined || event.type === type) &&
    (path === undefined || touches(event, path))
  );
}
