/**
 * When the hub did what an event tells, as text that sorts: the time to 100 ns, then the twin's version. Within a
 * device's life both grow; after it was deleted and made again, versions start anew, and the time decides.
 */
export function momentOf({ time, data }: { time: string; data: { version?: number | undefined } }): string {
  const [whole = '', fraction = ''] = time.replace('Z', '').split('.');
  return `${whole}.${fraction.padEnd(7, '0').slice(0, 7)}|${String(data.version ?? 0).padStart(16, '0')}`;
}
