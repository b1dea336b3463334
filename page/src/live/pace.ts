/** A feed in which something happens is asked every two seconds. */
export const fastestMs = 2000;
/** One in which nothing does, ever more seldom. */
export const slowestMs = 30_000;

/** How long to wait before the feed is asked again. */
export function nextPause(before: number, hasChanged: boolean): number {
  return hasChanged ? fastestMs : Math.min(slowestMs, before * 1.5);
}
