const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How finely points are kept, and for how long. */
export interface Level {
  name: 'run' | 'hour' | 'day';
  /** The step of its points. */
  ms: number;
  keptMs: number;
  /** The longest span that one request reads of it. */
  spanMs: number;
}

/** Finest first: each run, then the first of each hour, then of each day. */
export const levels: readonly [Level, Level, Level] = [
  { name: 'run', ms: minute, keptMs: 14 * day, spanMs: 2 * day },
  { name: 'hour', ms: hour, keptMs: 366 * day, spanMs: 60 * day },
  { name: 'day', ms: day, keptMs: Number.POSITIVE_INFINITY, spanMs: Number.POSITIVE_INFINITY },
];

/** When the step of a level began that a moment is in. */
export function startOf({ ms }: Pick<Level, 'ms'>, moment: number): number {
  return Math.floor(moment / ms) * ms;
}

/**
 * The level that answers a span: the coarsest that has the wanted step, else the finest that was kept for so long, and of
 * which so much can be read.
 */
export function levelFor(from: number, to: number, wantedMs: number, now: number): Level {
  const able = levels.filter(({ keptMs, spanMs }) => from >= now - keptMs && to - from <= spanMs);
  return able.findLast(({ ms }) => ms <= wantedMs) ?? able[0] ?? levels[2];
}
