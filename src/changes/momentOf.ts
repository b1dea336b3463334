/**
 * When the hub did what an event tells, as text that sorts: the time to 100 ns, then the twin's version. Within a
 * device's life both grow; after it was deleted and made again, versions start anew, and the time decides.
 *
 * @param time in UTC; those of this app's clock have three digits of a second.
 */
export function momentOf({ time, data }: { time: string; data: { version?: number | undefined } }): string {
  return `${time.replace('Z', '').padEnd('2024-01-01T00:00:00.0000000'.length, '0')}|${String(data.version ?? 0).padStart(16, '0')}`;
}
