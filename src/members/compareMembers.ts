import * as z from 'zod/mini';
import { type Hub, maxPageSize } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { latestMoment } from '../changes/momentOf';
import { whereaboutsQuery } from '../conditions/twinQuery';
import type { JsonObject } from '../json';
import type { Twin } from '../twins/twin';
import { type DeviceState, listedMoment } from './deviceState';
import type { KeptDevice, Members } from './members';
import type { Sweep } from './sweep';
import { toText, type Whereabouts, type WhereaboutsPaths, whereaboutsOf } from './whereabouts';

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

const row = z.object({
  deviceId: z.string(),
  location: z._default(z.json(), null),
  connectivity: z._default(z.json(), null),
});

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
  const repair = new Repair(hub, members, paths);
  const { endedAt, continuation: resumed } = await sweep.read();
  const seen = new Set<string>();
  let continuation = resumed;
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await nextPage(hub, paths, continuation, sweep, endedAt);
    for (const { deviceId, location, connectivity } of page.rows) {
      seen.add(deviceId);
      await repair.compare(deviceId, { location: toText(location), connectivity: toText(connectivity) });
    }
    // The next run begins with this page: it may read the twins again that this one has no reads for.
    if (repair.unread > 0) break;
    const isRepeated = page.continuation === continuation;
    continuation = isRepeated ? undefined : page.continuation;
    if (continuation === undefined) break;
  }
  const isWhole = continuation === undefined && repair.unread === 0;
  if (isWhole) {
    await checkUnlisted(
      members,
      repair,
      async (id) => seen.has(id) || (resumed !== undefined && (await sweep.wasListed(id))),
    );
    if (resumed !== undefined) await sweep.forgetListed();
    await sweep.write({ endedAt: repair.unread === 0 ? timeOf(hub) : endedAt });
  } else {
    await sweep.keepListed(seen);
    await sweep.write({ continuation, endedAt });
  }
  return { listed: seen.size, repaired: repair.repaired, unread: repair.unread, isWhole };
}

/** For people: nothing is decided by it. */
function timeOf(hub: Hub): string {
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
    return await hub.queryPage(whereaboutsQuery(paths), row, { pageSize: maxPageSize, continuation });
  } catch (error) {
    if (continuation !== undefined && error instanceof HubError && error.code === 'invalid') {
      await sweep.forgetListed();
      await sweep.write({ endedAt });
    }
    throw error;
  }
}

async function checkUnlisted(members: Members, repair: Repair, wasListed: (deviceId: string) => Promise<boolean>) {
  for await (const page of members.pages()) {
    for (const { deviceId } of page) {
      if (!(await wasListed(deviceId))) await repair.check(deviceId, await members.read(deviceId));
    }
  }
}

/** Puts members right by their twins, as many as a run may read. */
class Repair {
  readonly repaired: string[] = [];
  unread = 0;
  #reads = 0;

  constructor(
    private readonly hub: Hub,
    private readonly members: Members,
    private readonly paths: WhereaboutsPaths,
  ) {}

  async compare(deviceId: string, listed: Whereabouts): Promise<void> {
    const kept = await this.members.read(deviceId);
    if (isToldOtherwise(kept.state, listed, latestMoment(this.hub.now()))) await this.check(deviceId, kept);
    else if (await this.members.take(deviceId, listed)) this.repaired.push(deviceId);
  }

  async check(deviceId: string, kept: KeptDevice): Promise<void> {
    if (++this.#reads > maxReads) {
      this.unread++;
      return;
    }
    const now = this.hub.now();
    const twin = await this.#read(deviceId);
    const found: Whereabouts = twin
      ? whereaboutsOf(twin as JsonObject, this.paths)
      : { location: undefined, connectivity: undefined };
    if (await this.members.putRight(kept, found, now)) this.repaired.push(deviceId);
  }

  async #read(deviceId: string): Promise<Twin | undefined> {
    try {
      return await this.hub.getTwin(deviceId);
    } catch (error) {
      if (error instanceof HubError && error.code === 'notFound') return undefined;
      throw error;
    }
  }
}

/** Whether an event told something else than the list has, or told it of a moment that cannot be. */
function isToldOtherwise(state: DeviceState, listed: Whereabouts, latest: string): boolean {
  return (['location', 'connectivity'] as const).some((name) => {
    const moment = state[`${name}At`];
    return moment > latest || (moment !== listedMoment && state[name] !== listed[name]);
  });
}
