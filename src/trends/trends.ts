import * as z from 'zod/mini';
import { InvalidInputError } from '../errors/invalidInputError';
import { type Level, levelFor, startOf } from './levels';
import type { TrendLog } from './trendLog';
import { type Group, type GroupCount, maxGroups, nameOf, others, type TrendPoint } from './trendPoint';

/** Which counts to tell. */
export interface AskedTrends {
  location?: string | undefined;
  connectivity?: string | undefined;
  /** ISO 8601; a day before the end unless told otherwise. */
  from?: string | undefined;
  /** Now unless told otherwise. */
  to?: string | undefined;
  /** Seconds; as the counts were kept unless told otherwise. */
  step?: number | undefined;
}

const counts = z.array(z.nullable(z.int()));

/** Columns of counts beside the times at which their steps begin; null: nothing counted in that step. */
export const trendsSchema = z.object({
  step: z.int(),
  times: z.array(z.iso.datetime()),
  total: counts,
  enabled: counts,
  changes: counts,
  series: z.array(z.object({ location: z.nullable(z.string()), connectivity: z.nullable(z.string()), counts })),
});

export type Trends = z.infer<typeof trendsSchema>;

const day = 24 * 60 * 60 * 1000;

/** Most steps of an answer: it has a column of each group. */
const maxSteps = 1500;

/** The step of counts that lie too far apart to tell theirs: that of the schedule unless told otherwise. */
const usualStepMs = 5 * 60_000;

/**
 * Tells how counts developed. A step that is finer than what was kept, or than one answer holds, becomes what that allows;
 * the answer says which it is.
 *
 * @throws InvalidInputError for a span that ends before it begins.
 */
export async function readTrends(log: TrendLog, asked: AskedTrends, now = Date.now()): Promise<Trends> {
  const to = asked.to === undefined ? now : Date.parse(asked.to);
  const from = asked.from === undefined ? to - day : Date.parse(asked.from);
  if (from >= to) throw new InvalidInputError('from is not before to.', 'from');
  const wantedMs = (asked.step ?? 0) * 1000;
  const level = levelFor(from, to, wantedMs, now);
  // One step more, to tell how many events came before the first.
  const points = await log.read(level, from - Math.max(wantedMs, level.ms, usualStepMs), to);
  const least = Math.ceil((to - from) / maxSteps / 60_000) * 60_000;
  const ms = Math.max(wantedMs || stepOf(points, level), level.ms, least);
  const start = startOf({ ms }, from);
  const steps = Array.from({ length: Math.floor((to - start) / ms) + 1 }, () => undefined as TrendPoint | undefined);
  for (const point of points) {
    const step = Math.floor((Date.parse(point.at) - start) / ms);
    if (step >= 0) steps[Math.min(step, steps.length - 1)] = point;
  }
  return {
    step: ms / 1000,
    times: steps.map((_, step) => new Date(start + step * ms).toISOString()),
    total: steps.map((point) => point?.total ?? null),
    enabled: steps.map((point) => point?.enabled ?? null),
    changes: changesOf(
      steps,
      points.findLast(({ at }) => Date.parse(at) < start),
    ),
    series: seriesOf(steps, asked),
  };
}

/** How far points lie apart: most of them, for somebody may have run the timer by hand. */
function stepOf(points: readonly TrendPoint[], { name, ms }: Level): number {
  if (name !== 'run') return ms;
  const times = points.map(({ at }) => Date.parse(at));
  const apart = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return apart.sort((a, b) => a - b)[Math.floor(apart.length / 2)] ?? usualStepMs;
}

/** How many events came since the point before: null where one of the two does not know. */
function changesOf(steps: readonly (TrendPoint | undefined)[], first: TrendPoint | undefined): (number | null)[] {
  let before = first;
  return steps.map((point) => {
    if (!point) return null;
    const last = before;
    before = point;
    return last ? eventsBetween(last, point) : null;
  });
}

/** More than so many events a second, and a stream has not counted on: a hub of a laptop numbers by the time it started. */
const mostEventsPerSecond = 100_000;

function eventsBetween(first: TrendPoint, last: TrendPoint): number | null {
  if (!first.reached || !last.reached) return null;
  const seconds = (Date.parse(last.at) - Date.parse(first.at)) / 1000;
  let events = 0;
  for (const [stream, reached] of Object.entries(last.reached)) {
    const grown = reached - (first.reached[stream] ?? Number.NaN);
    if (!(grown >= 0 && grown <= seconds * mostEventsPerSecond)) return null;
    events += grown;
  }
  return events;
}

function seriesOf(steps: readonly (TrendPoint | undefined)[], asked: AskedTrends): Trends['series'] {
  const tables = steps.map((point) => point?.groups && new Map(point.groups.map((group) => [nameOf(group), group])));
  const all = new Map(tables.flatMap((table) => [...(table ?? [])]));
  const mostOf = (name: string) => Math.max(...tables.map((table) => table?.get(name)?.devices ?? 0));
  const names = [...all.keys()].filter((name) => name !== nameOf(others));
  const bySize = names.map((name) => [name, mostOf(name)] as const).sort(([, a], [, b]) => b - a);
  const told = bySize.slice(0, maxGroups - 1).map(([name]) => name);
  const rest = [nameOf(others), ...bySize.slice(maxGroups - 1).map(([name]) => name)].filter((name) => all.has(name));
  const series = told.flatMap((name) => {
    const { location, connectivity } = all.get(name) ?? others;
    // What has no place of its own may be among the others.
    const countIn = (table: ReadonlyMap<string, GroupCount>) =>
      table.get(name)?.devices ?? (table.has(nameOf(others)) ? null : 0);
    return { location, connectivity, counts: tables.map((table) => (table ? countIn(table) : null)) };
  });
  const countRest = (table: ReadonlyMap<string, GroupCount>) =>
    rest.reduce((sum, name) => sum + (table.get(name)?.devices ?? 0), 0);
  const ofRest = { ...others, counts: tables.map((table) => (table ? countRest(table) : null)) };
  return [...series, ...(rest.length > 0 ? [ofRest] : [])].filter((each) => isAsked(each, asked));
}

function isAsked(group: Group, { location, connectivity }: AskedTrends): boolean {
  return (
    (location === undefined || group.location === location) &&
    (connectivity === undefined || group.connectivity === connectivity)
  );
}
