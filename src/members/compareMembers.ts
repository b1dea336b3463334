import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { encodeKey } from '../azure/tables/keys';
import { workThrough } from '../workThrough';
import { partitions } from './deviceState';
import { listWhereabouts } from './listWhereabouts';
import type { Members } from './members';
import { Repair } from './repair';
import type { Sweep } from './sweep';
import type { WhereaboutsPaths } from './whereabouts';

/** What a comparison of the members with the hub's twins found. */
export interface Comparison {
  /** Devices that were listed. */
  listed: number;
  /** Devices of which something was written. */
  repaired: string[];
  /** Differences that are left to the next run. */
  unread: number;
  /** Whether the listing came to its end. */
  isWhole: boolean;
}

/** Twins that one run may read; a page has no more. */
const maxReads = 100;

/** Devices that are compared at a time. */
const atATime = 16;

/**
 * Compares the members with the hub's twins, as far as a run may list them; the next run goes on.
 *
 * The hub's query index is late, at times by minutes, so a list changes only what no event has told yet. Where it differs
 * from what events told, the twin is read, and what it says counts; who is not listed any more is removed after a whole
 * listing, and a read that confirms it.
 */
export async function compareMembers(
  hub: Hub,
  { members, sweep }: { members: Members; sweep: Sweep },
  paths: WhereaboutsPaths,
  maxPages: number,
): Promise<Comparison> {
  const repair = new Repair(hub, members, paths, maxReads);
  const { endedAt, continuation: resumed, isMoved } = await sweep.read();
  if (!isMoved) await members.moveOld();
  const seen = new Set<string>();
  let continuation = resumed;
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await nextPage(hub, paths, continuation, sweep, endedAt);
    await workThrough(page.devices, atATime, async ([deviceId, whereabouts]) => {
      seen.add(deviceId);
      await repair.compare(deviceId, whereabouts);
      return 'goOn';
    });
    // The next run begins with this page: it may read the twins again that this one has no reads for.
    if (repair.unread > 0) break;
    continuation = page.continuation;
    if (continuation === undefined) break;
  }
  const isWhole = continuation === undefined && repair.unread === 0;
  if (isWhole) {
    await checkUnlisted(members, repair, seen, resumed === undefined ? undefined : sweep);
    if (resumed !== undefined) await sweep.forgetListed();
    await sweep.write({ endedAt: repair.unread === 0 ? timeOf(hub) : endedAt, isMoved: true });
  } else {
    if (continuation !== undefined) await sweep.keepListed(seen);
    await sweep.write({ continuation, endedAt, isMoved: true });
  }
  return { listed: seen.size, repaired: repair.repaired.sort(), unread: repair.unread, isWhole };
}

/** For people: nothing is decided by it. */
export function timeOf(hub: Hub): string {
  return (hub.now() ?? new Date()).toISOString();
}

/** A continuation that the hub no longer takes ends the listing: the next run starts anew. */
async function nextPage(
  hub: Hub,
  paths: WhereaboutsPaths,
  continuation: string | undefined,
  sweep: Sweep,
  endedAt: string | undefined,
) {
  try {
    return await listWhereabouts(hub, paths, continuation);
  } catch (error) {
    if (continuation !== undefined && error instanceof HubError && error.code === 'invalid') {
      await sweep.forgetListed();
      await sweep.write({ endedAt, isMoved: true });
    }
    throw error;
  }
}

/** @param earlier has who was listed in earlier runs; undefined where there were none. */
async function checkUnlisted(members: Members, repair: Repair, seen: Set<string>, earlier: Sweep | undefined) {
  for (const partition of partitions) {
    const listed = await earlier?.listedIn(partition);
    for await (const states of members.states(partition)) {
      for (const { deviceId, location, connectivity } of states) {
        const isKnown = location !== undefined || connectivity !== undefined;
        if (!isKnown || seen.has(deviceId) || listed?.has(encodeKey(deviceId))) continue;
        await repair.check(deviceId, await members.read(deviceId));
      }
    }
  }
}
