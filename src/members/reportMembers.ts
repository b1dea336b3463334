import type { InvocationContext } from '@azure/functions';
import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import { toText } from '../conditions/alike';
import { countByLocationQuery } from '../conditions/twinQuery';
import { formatPairs } from '../formatPairs';
import { compareMembers } from './compareMembers';
import { countMembers } from './countMembers';
import type { Members } from './members';
import type { Moves, MovesLog } from './moves';
import type { Sweep } from './sweep';
import type { WhereaboutsPaths } from './whereabouts';

/** Ids that a line shows of each kind. */
const maxIds = 100;

/** What is kept of members. */
export interface Records {
  members: Members;
  moves: MovesLog;
  sweep: Sweep;
}

/** What a report is about. */
export interface Watched {
  location: string;
  connectivity: string;
  paths: WhereaboutsPaths;
  /** Pages of the hub's that a run may list. */
  maxPages: number;
}

/** Logs who joined and who left since the last run, then compares the members with the hub. */
export async function reportMembers(
  context: InvocationContext,
  records: Records,
  hub: Hub,
  { location, connectivity, paths, maxPages }: Watched,
): Promise<void> {
  await reportMoves(context, records, location, connectivity);
  await reportComparison(context, records, hub, paths, maxPages);
}

async function reportMoves(context: InvocationContext, { moves }: Records, location: string, connectivity: string) {
  const now = new Date().toISOString();
  const last = await moves.toldAt();
  if (last !== undefined) {
    context.log(describeMoves(`moves in ${location}`, await moves.between({ location }, last, now), last));
    const connected = await moves.between({ location, connectivity }, last, now);
    context.log(describeMoves(`moves in ${location} using ${connectivity}`, connected, last));
  }
  await moves.setTold(location, now);
}

function describeMoves(title: string, { joined, left }: Moves, since: string): string {
  const pairs = formatPairs({ joined: joined.length, left: left.length, since });
  return `${title}: joined ${list(joined)}; left ${list(left)} | ${pairs}`;
}

async function reportComparison(
  context: InvocationContext,
  records: Records,
  hub: Hub,
  paths: WhereaboutsPaths,
  maxPages: number,
): Promise<void> {
  const { listed, repaired, unread, isWhole } = await compareMembers(hub, records, paths, maxPages);
  const drift = await countDrift(hub, records, paths);
  const pairs = formatPairs({ listed, whole: String(isWhole), repaired: repaired.length, unread, drift });
  context.log(`members: put right ${list(repaired)} | ${pairs}`);
}

const countRow = z.object({ location: z._default(z.json(), null), devices: z.number() });

/** How many members too many or too few the locations have, by one query of the hub, whose index is late itself. */
async function countDrift(hub: Hub, { members }: Records, paths: WhereaboutsPaths): Promise<number> {
  const differences = new Map<string, number>();
  for await (const { rows } of hub.queryPages(countByLocationQuery(paths), countRow)) {
    for (const { location, devices } of rows) {
      const name = toText(location);
      if (name !== undefined) differences.set(name, (differences.get(name) ?? 0) + devices);
    }
  }
  for (const { location, devices } of await countMembers(members)) {
    differences.set(location, (differences.get(location) ?? 0) - devices);
  }
  return [...differences.values()].reduce((drift, difference) => drift + Math.abs(difference), 0);
}

function list(ids: string[]): string {
  if (ids.length === 0) return 'none';
  const more = ids.length > maxIds ? `, and ${ids.length - maxIds} more` : '';
  return `${ids.slice(0, maxIds).join(', ')}${more}`;
}
