import type { LocationCount } from '../members/countMembers';

/** Devices with a location and a connectivity in common. */
export interface Group {
  /** Null of {@link others} alone. */
  location: string | null;
  /** Null: those that told none. */
  connectivity: string | null;
}

/** How many devices a group had. */
export interface GroupCount extends Group {
  devices: number;
}

/** What a run of the timer counted; what it could not is absent. */
export interface TrendPoint {
  /** When it counted, by the clock of the hub. */
  at: string;
  /** Devices of the registry. */
  total?: number;
  enabled?: number;
  groups?: GroupCount[];
  /**
   * The number that each stream of the feed of changes had reached, by its id: the difference of two points is how many
   * events came between them, whoever asks and whichever points were thinned away.
   */
  reached?: Readonly<Record<string, number>>;
}

/** The devices of all groups that are not told apart. */
export const others: Group = { location: null, connectivity: null };

/** Most groups that are told apart. */
export const maxGroups = 1000;

/** What a group is called by, where groups are told apart. */
export function nameOf({ location, connectivity }: Group): string {
  return JSON.stringify([location, connectivity]);
}

/** The largest groups of what was counted, and the devices of all others as one. */
export function groupsOf(counts: readonly LocationCount[]): GroupCount[] {
  const groups = counts.flatMap(({ location, devices, connectivity }): GroupCount[] => {
    const told = Object.entries(connectivity);
    const silent = devices - told.reduce((sum, [, each]) => sum + each, 0);
    return [
      ...told.map(([name, each]) => ({ location, connectivity: name, devices: each })),
      ...(silent > 0 ? [{ location, connectivity: null, devices: silent }] : []),
    ];
  });
  if (groups.length <= maxGroups) return groups;
  groups.sort((a, b) => b.devices - a.devices);
  const rest = groups.slice(maxGroups - 1).reduce((sum, { devices }) => sum + devices, 0);
  return [...groups.slice(0, maxGroups - 1), { ...others, devices: rest }];
}
