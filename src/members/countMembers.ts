import type { Members } from './members';

/** How many devices a location has. */
export interface LocationCount {
  location: string;
  devices: number;
  /** By connectivity; devices that told none are in none of them. */
  connectivity: Record<string, number>;
}

/** Counts the members of each location: one request for a thousand of them. */
export async function countMembers(members: Members): Promise<LocationCount[]> {
  const counts = new Map<string, { devices: number; connectivity: Map<string, number> }>();
  for await (const page of members.pages()) {
    for (const { location, connectivity } of page) {
      const count = counts.get(location) ?? { devices: 0, connectivity: new Map() };
      counts.set(location, count);
      count.devices++;
      if (connectivity !== null) count.connectivity.set(connectivity, (count.connectivity.get(connectivity) ?? 0) + 1);
    }
  }
  return [...counts].map(([location, { devices, connectivity }]) => ({
    location,
    devices,
    connectivity: Object.fromEntries(connectivity),
  }));
}
