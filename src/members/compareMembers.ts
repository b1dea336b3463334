import * as z from 'zod/mini';
import { type Hub, maxPageSize } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { momentOf } from '../changes/momentOf';
import { toText } from '../conditions/alike';
import { locatedQuery } from '../conditions/twinQuery';
import type { JsonObject } from '../json';
import type { Twin } from '../twins/twin';
import type { Members } from './members';
import type { Sweep } from './sweep';
import { type Whereabouts, type WhereaboutsPaths, whereaboutsOf } from './whereabouts';

/** What a comparison of the members with the hub's twins found. */
export interface Comparison {
  /** Devices that were listed. */
  listed: number;
  /** Members that were added, changed or removed, each after a read of its twin. */
  repaired: string[];
  /** Differences that are left to the next run. */
  unread: number;
  /** Whether the listing came to its end. */
  isWhole: boolean;
}

/** Twins that one run may read. */
const maxReads = 100;

const row = z.object({
  deviceId: z.string(),
  version: z.number(),
  location: z._default(z.json(), null),
  connectivity: z._default(z.json(), null),
});

/**
 * Compares the members with the hub's twins, as far as a run may list them; the next run goes on.
 *
 * The hub's query index is late, at times by minutes, so a list alone changes nothing: a member is added or changed
 * where the listed twin is newer than what is kept *and* a read of the twin says so, and removed after a whole listing
 * that lacks it and a read that confirms it.
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
    for (const { deviceId, version, location, connectivity } of page.rows) {
      seen.add(deviceId);
      const kept = await members.get(deviceId);
      const isSame = kept.location === toText(location) && kept.connectivity === toText(connectivity);
      if (!isSame && version > kept.version) await repair.check(deviceId);
    }
    const isRepeated = page.continuation === continuation;
    continuation = isRepeated ? undefined : page.continuation;
    if (continuation === undefined) break;
  }
  const isWhole = continuation === undefined;
  if (isWhole) {
    await checkUnlisted(
      members,
      repair,
      async (id) => seen.has(id) || (resumed !== undefined && (await sweep.wasListed(id))),
    );
    if (resumed !== undefined) await sweep.forgetListed();
    await sweep.write({ endedAt: new Date().toISOString() });
  } else {
    await sweep.keepListed(seen);
    await sweep.write({ continuation, endedAt });
  }
  return { listed: seen.size, repaired: repair.repaired, unread: repair.unread, isWhole };
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
    return await hub.queryPage(locatedQuery(paths), row, { pageSize: maxPageSize, continuation });
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
    for (const { deviceId } of page) if (!(await wasListed(deviceId))) await repair.check(deviceId);
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

  async check(deviceId: string): Promise<void> {
    if (++this.#reads > maxReads) {
      this.unread++;
      return;
    }
    // Changes after this moment are told by their own events.
    const at = new Date().toISOString();
    const twin = await this.#read(deviceId);
    const now: Whereabouts = twin
      ? whereaboutsOf(twin as JsonObject, this.paths)
      : { location: undefined, connectivity: undefined };
    const kept = await this.members.get(deviceId);
    if (kept.location === now.location && kept.connectivity === now.connectivity) return;
    const version = twin?.version ?? 0;
    await this.members.set(deviceId, now, momentOf({ time: at, data: { version } }), version);
    this.repaired.push(deviceId);
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
