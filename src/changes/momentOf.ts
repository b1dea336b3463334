/**
 * When the hub did what an event tells, as text that sorts: the time to 100 ns, then the twin's version. Within a
 * device's life both grow; after it was deleted and made again, versions start anew, and the time decides.
 *
 * @param time in UTC; those of this app's clock have three digits of a second.
 */
export function momentOf({ time, data }: { time: string; data: { version?: number | undefined } }): string {
  return `${time.replace('Z', '').padEnd('2024-01-01T00:00:00.0000000'.length, '0')}|${String(data.version ?? 0).padStart(16, '0')}`;
}

/** How far the clocks of a hub's parts, and of whoever looks at them, may be apart, in milliseconds. */
const mostAheadMs = 5 * 60_000;

/** The latest moment that can have been by now; what is told of a later one is not so. */
export function latestMoment(now: Date | undefined): string {
  return now ? momentOf({ time: new Date(now.getTime() + mostAheadMs).toISOString(), data: {} }) : '~';
}
