import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import { goesBy, toText } from '../conditions/alike';
import { allOf, type Condition } from '../conditions/condition';
import type { PropertyPath } from '../conditions/propertyPath';
import { countByQuery, type ListedFields } from '../conditions/twinQuery';
import { InvalidInputError } from '../errors/invalidInputError';
import { anyJson, type Json } from '../json';

/** By what devices are counted. The last is a table of both. */
export const summaryDimensions = ['location', 'connectivity', 'location,connectivity'] as const;

export type SummaryDimension = (typeof summaryDimensions)[number];

/** Most values of the connectivity that a table of both may have: each takes a query, of which S1 answers 20 a minute. */
const maxCrossed = 12;

/** A number of devices, with what they have in common; null: they lack it. */
export const summaryCountSchema = z.object({
  location: z.optional(anyJson),
  connectivity: z.optional(anyJson),
  devices: z.int(),
});

export type SummaryCount = z.infer<typeof summaryCountSchema>;

export interface Summary {
  counts: SummaryCount[];
  /** What it took of the hub's queries, of which few are allowed a minute. */
  hubQueries: number;
}

const rowSchema = z.object({ value: z._default(anyJson, null), devices: z.number() });
type Row = z.infer<typeof rowSchema>;

/**
 * Counts devices by their location, their connectivity, or both, as the query index has them. A hub groups by one path
 * only: one dimension is one query, whatever the size of the fleet; both are one more for each connectivity.
 *
 * @throws InvalidInputError where both have too many values, or some that a condition cannot name.
 */
export async function summarize(
  hub: Hub,
  by: SummaryDimension,
  paths: ListedFields,
  condition: Condition | undefined,
): Promise<Summary> {
  if (by !== 'location,connectivity') {
    const { rows, hubQueries } = await countBy(hub, paths[by], condition);
    return { counts: rows.map(({ value, devices }) => ({ [by]: value, devices })), hubQueries };
  }
  const crossed = await countBy(hub, paths.connectivity, condition);
  if (crossed.rows.length > maxCrossed) {
    throw new InvalidInputError(
      `The devices have ${crossed.rows.length} values of ${paths.connectivity}; a table may have ${maxCrossed}. ` +
        'Choose fewer devices by a condition, or ask by=location for one connectivity after the other.',
      'by',
    );
  }
  // All are checked before the first is asked.
  const parts = crossed.rows.map(({ value }) => ({
    connectivity: value,
    within: allOf([...(condition ? [condition] : []), has(paths.connectivity, value)]),
  }));
  const columns = await Promise.all(
    parts.map(async ({ connectivity, within }) => ({
      connectivity,
      ...(await countBy(hub, paths.location, within)),
    })),
  );
  return {
    counts: columns.flatMap(({ connectivity, rows }) =>
      rows.map(({ value, devices }) => ({ location: value, connectivity, devices })),
    ),
    hubQueries: columns.reduce((total, { hubQueries }) => total + hubQueries, crossed.hubQueries),
  };
}

/** Counts by the text that a value goes by: 43 and "43" are in one row. */
async function countBy(hub: Hub, path: PropertyPath, condition: Condition | undefined) {
  const rows = new Map<string | undefined, Row>();
  let hubQueries = 0;
  for await (const page of hub.queryPages(countByQuery(path, condition), rowSchema)) {
    for (const { value, devices } of page.rows) {
      const name = toText(value);
      const before = rows.get(name)?.devices ?? 0;
      const isObject = typeof value === 'object';
      rows.set(name, { value: isObject ? value : (name ?? null), devices: before + devices });
    }
    hubQueries += page.requests;
  }
  return { rows: [...rows.values()], hubQueries };
}

function has(path: PropertyPath, value: Json): Condition {
  if (value === null) return { kind: 'not', condition: { kind: 'isDefined', path } };
  if (typeof value === 'string') return goesBy(path, value);
  throw new InvalidInputError(
    `${path} is an object in some twins, which no condition can name: ask by=location.`,
    'by',
  );
}
