import type { Trends } from '../api/schemas';

/** How many devices are where, and by which connectivity: the last point of the trends. */
export interface Matrix {
  at: string;
  total: number | null;
  enabled: number | null;
  /** Those with the most devices first. */
  rows: { location: string | null; devices: number; cells: (number | undefined)[] }[];
  connectivities: (string | null)[];
  devices: number;
}

/** The last point that has counts; undefined where there is none. */
export function lastMatrix({ times, total, enabled, series }: Trends): Matrix | undefined {
  const isThere = (index: number) => total[index] != null || series.some(({ counts }) => counts[index] != null);
  const last = times.findLastIndex((_, index) => isThere(index));
  const at = times[last];
  if (at === undefined) return undefined;
  const counted = series.flatMap(({ counts, ...of }) => (counts[last] ? [{ ...of, devices: counts[last] }] : []));
  const connectivities = bySize(counted, ({ connectivity }) => connectivity).map(({ name }) => name);
  const rows = bySize(counted, ({ location }) => location).map(({ name, devices }) => ({
    location: name,
    devices,
    cells: connectivities.map(
      (connectivity) => counted.find((each) => each.location === name && each.connectivity === connectivity)?.devices,
    ),
  }));
  const devices = counted.reduce((sum, each) => sum + each.devices, 0);
  return { at, total: total[last] ?? null, enabled: enabled[last] ?? null, rows, connectivities, devices };
}

function bySize<T extends { devices: number }>(counted: readonly T[], nameOf: (each: T) => string | null) {
  const sums = new Map<string | null, number>();
  for (const each of counted) sums.set(nameOf(each), (sums.get(nameOf(each)) ?? 0) + each.devices);
  return [...sums].map(([name, devices]) => ({ name, devices })).sort((a, b) => b.devices - a.devices);
}

/** A line of a plot. */
export interface Line {
  label: string;
  values: readonly (number | null)[];
}

/** The locations with the most devices as lines, and the rest as one. */
export function locationLines({ times, series }: Trends, most: number): Line[] {
  const sums = new Map<string | null, (number | null)[]>();
  for (const { location, counts } of series) add(sums, location, times.length, counts);
  const sorted = [...sums].sort(([, a], [, b]) => lastOf(b) - lastOf(a));
  const rest = new Map<string, (number | null)[]>();
  for (const [, values] of sorted.slice(most)) add(rest, 'others', times.length, values);
  return [...sorted.slice(0, most), ...rest].map(([name, values]) => ({ label: name ?? 'no location', values }));
}

function add<Key>(
  sums: Map<Key, (number | null)[]>,
  name: Key,
  length: number,
  counts: readonly (number | null)[],
): void {
  const sum = sums.get(name) ?? Array.from({ length }, () => null);
  sums.set(
    name,
    sum.map((value, index) => (counts[index] == null ? value : (value ?? 0) + counts[index])),
  );
}

const lastOf = (values: readonly (number | null)[]): number => values.findLast((value) => value !== null) ?? 0;
