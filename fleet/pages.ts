import type * as z from 'zod/mini';
import type { Client } from './client';
import type { Given } from './command';
import { UsageError } from './errors';

/** How much of a list to show. */
export interface Extent {
  /** Most items. */
  most: number;
  pageSize: number;
}

export const extentOptions = { limit: { type: 'string' }, all: { type: 'boolean' } } as const;

/** How much of a list is asked for; a page of it unless told otherwise. */
export function extentOf(given: Given, pageSize: number): Extent {
  const all = given.flag('all');
  const limit = given.number('limit', 1_000_000);
  if (all && limit !== undefined) throw new UsageError('Give --limit or --all, not both.');
  const most = all ? Number.POSITIVE_INFINITY : (limit ?? pageSize);
  return { most, pageSize: Math.min(pageSize, most) };
}

/** An answer of the API that is a page of a list. */
interface Page {
  continuation?: string | undefined;
}

/**
 * Asks page by page until there are as many items as are wanted.
 *
 * @returns whether there are more.
 */
export async function eachPage<T extends Page, Item>(
  client: Client,
  { path, query, schema }: { path: string; query: Record<string, string | undefined>; schema: z.ZodMiniType<T> },
  { most, pageSize }: Extent,
  itemsOf: (page: T) => readonly Item[],
  show: (items: readonly Item[], page: T) => Promise<void>,
): Promise<boolean> {
  let left = most;
  let continuation: string | undefined;
  do {
    // A continuation fits its page size only.
    const page = await client.json(schema, path, { query: { ...query, limit: String(pageSize), continuation } });
    const items = itemsOf(page).slice(0, left);
    left -= items.length;
    await show(items, page);
    continuation = page.continuation;
  } while (continuation !== undefined && left > 0);
  return continuation !== undefined;
}
