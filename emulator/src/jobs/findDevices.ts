import { setImmediate } from 'node:timers/promises';
import { parseCondition } from '../query';
import type { PageRequest } from '../query/page';
import type { QueryPage } from '../service/types';

/** Answers a page of a query. */
export type Query = (sql: string, page: PageRequest) => Promise<QueryPage>;

/** The condition of a job on all devices. */
const all = '*';

/** The query that finds the devices of a job. */
export function queryFor(condition: string): string {
  const query = 'SELECT deviceId FROM devices';
  return condition.trim() === all ? query : `${query} WHERE ${condition}`;
}

/**
 * The ids of the devices that fulfil a condition, a page at a time; others are served between pages.
 *
 * @throws QueryError where it is no condition.
 */
export async function* findDevices(query: Query, condition: string): AsyncIterable<string[]> {
  // Alone first: together with the rest a text such as `true GROUP BY …` would be a query as well.
  if (condition.trim() !== all) parseCondition(condition);
  let continuation: string | undefined;
  do {
    const page = await query(queryFor(condition), { continuation });
    yield page.items.flatMap((row) => idIn(row));
    continuation = page.continuation;
    await setImmediate();
  } while (continuation !== undefined);
}

function idIn(row: QueryPage['items'][number]): string[] {
  const id = typeof row === 'object' && row !== null && !Array.isArray(row) ? row.deviceId : undefined;
  return typeof id === 'string' ? [id] : [];
}
