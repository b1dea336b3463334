import type { InvocationContext } from '@azure/functions';
import type { Hub } from '../azure/hub/hub';
import { formatPairs } from '../formatPairs';
import { compareMembers } from './compareMembers';
import { countMembers, type LocationCount } from './countMembers';
import { type DriftLog, findDrift, type StayingDrift } from './drift';
import { type FillMeans, pushFill } from './fill';
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
  drift: DriftLog;
}

/** What a report is about. */
export interface Watched {
  location: string;
  connectivity: string;
  paths: WhereaboutsPaths;
  /** Pages of the hub's that a run may list. */
  maxPages: number;
}

/**
 * Logs who joined and who left since the last run, then compares the members with the hub. The first time the whole fleet is
 * taken in by queue, where there is one.
 *
 * @returns how many devices each location has; undefined before all were taken in.
 */
export async function reportMembers(
  context: InvocationContext,
  records: Records,
  hub: Hub,
  { location, connectivity, paths, maxPages }: Watched,
  fillMeans: FillMeans | undefined,
): Promise<LocationCount[] | undefined> {
  await reportMoves(context, records, location, connectivity);
  const { endedAt } = await records.sweep.read();
  if (endedAt !== undefined || !fillMeans) return reportComparison(context, records, hub, paths, maxPages);
  await reportFill(context, fillMeans);
  return undefined;
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

async function reportFill(context: InvocationContext, means: FillMeans): Promise<void> {
  const { listed, total } = await pushFill(means);
  context.log(`members: the first fill is on its way | ${formatPairs({ listed, total })}`);
}

async function reportComparison(
  context: InvocationContext,
  records: Records,
  hub: Hub,
  paths: WhereaboutsPaths,
  maxPages: number,
): Promise<LocationCount[] | undefined> {
  const { listed, repaired, unread, isWhole } = await compareMembers(hub, records, paths, maxPages);
  const counted = await countMembers(records.members);
  const drift = await findDrift(hub, counted, paths);
  const total = [...drift.values()].reduce((sum, difference) => sum + Math.abs(difference), 0);
  const pairs = formatPairs({ listed, whole: String(isWhole), repaired: repaired.length, unread, drift: total });
  context.log(`members: put right ${list(repaired)} | ${pairs}`);
  // Before the first comparison is whole, what is not known yet is no drift.
  if ((await records.sweep.read()).endedAt === undefined) return undefined;
  const staying = await records.drift.follow(drift);
  if (staying.length > 0) context.warn(describeStaying(staying));
  return counted;
}

function describeStaying(staying: StayingDrift[]): string {
  const groups = staying.map(({ group, difference }) => `${group} ${difference > 0 ? '+' : ''}${difference}`);
  const drift = staying.reduce((sum, { difference }) => sum + Math.abs(difference), 0);
  const pairs = formatPairs({ drift, runs: Math.max(...staying.map(({ runs }) => runs)) });
  return `members: drift stays, the hub counts in ${list(groups)} | ${pairs}`;
}

function list(ids: string[]): string {
  if (ids.length === 0) return 'none';
  const more = ids.length > maxIds ? `, and ${ids.length - maxIds} more` : '';
  return `${ids.slice(0, maxIds).join(', ')}${more}`;
}
