import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import type { Tables } from '../azure/tables/tables';
import { toText } from '../conditions/alike';
import type { PropertyPath } from '../conditions/propertyPath';
import { countByQuery } from '../conditions/twinQuery';
import type { LocationCount } from './countMembers';
import type { WhereaboutsPaths } from './whereabouts';

/** How many more devices the hub counts than are kept, fewer where it is negative: only of groups where they differ. */
export type Drift = ReadonlyMap<string, number>;

/** A difference that stays, and for how many runs. */
export interface StayingDrift {
  group: string;
  difference: number;
  runs: number;
}

/** From so many runs on a difference is one that stays: what the lateness of the query index makes comes and goes. */
const stayingRuns = 3;

/** Groups that are remembered. */
const maxGroups = 1000;

const countRow = z.object({ value: z._default(z.json(), null), devices: z.number() });

/**
 * Compares how many devices each location and each connectivity has, by two queries of the hub, whose index is late itself.
 *
 * @param counted how many are kept.
 */
export async function findDrift(
  hub: Hub,
  counted: readonly LocationCount[],
  { location, connectivity }: WhereaboutsPaths,
): Promise<Drift> {
  const differences = new Map<string, number>();
  const add = (group: string, devices: number) => differences.set(group, (differences.get(group) ?? 0) + devices);
  const count = async (what: string, path: PropertyPath) => {
    const query = countByQuery(path, { kind: 'isDefined', path: location });
    for await (const { rows } of hub.queryPages(query, countRow)) {
      for (const { value, devices } of rows) {
        const name = toText(value);
        if (name !== undefined) add(`${what} ${name}`, devices);
      }
    }
  };
  await count('location', location);
  await count('connectivity', connectivity);
  for (const kept of counted) {
    add(`location ${kept.location}`, -kept.devices);
    for (const [name, devices] of Object.entries(kept.connectivity)) add(`connectivity ${name}`, -devices);
  }
  return new Map([...differences].filter(([, difference]) => difference !== 0));
}

const [runs, row] = ['runTwinQueries', 'drift'] as const;

/** Remembers differences from one run to the next. */
export class DriftLog {
  constructor(private readonly tables: Tables) {}

  /** Notes the differences of a run; those that stayed for several. */
  async follow(drift: Drift): Promise<StayingDrift[]> {
    const kept = await this.tables.use('Runs', (table) => table.get(runs, row));
    const before = new Map(
      ((kept && fromColumns('drift', kept)) as StayingDrift[] | undefined)?.map((each) => [each.group, each]),
    );
    const now = [...drift]
      .slice(0, maxGroups)
      .map(([group, difference]) => follow(before.get(group), group, difference));
    const columns = toColumns('drift', now);
    await this.tables.use('Runs', (table) => table.put({ partitionKey: runs, rowKey: row, ...columns }));
    return now.filter((each) => each.runs >= stayingRuns);
  }
}

/** What stays of a difference is what was there in each of the runs. */
function follow(before: StayingDrift | undefined, group: string, difference: number): StayingDrift {
  if (!before || Math.sign(before.difference) !== Math.sign(difference)) return { group, difference, runs: 1 };
  const least = Math.min(Math.abs(before.difference), Math.abs(difference)) * Math.sign(difference);
  return { group, difference: least, runs: before.runs + 1 };
}
