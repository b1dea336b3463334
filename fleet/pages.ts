import type * as z from 'zod/mini';
import type { Context, Given } from './command';
import { UsageError } from './errors';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

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

/** Where a list is asked for, and how a page of it is shown. */
export interface Listing<T extends Page, Item> {
  path: string;
  query: Record<string, string | undefined>;
  schema: z.ZodMiniType<T>;
  itemsOf(page: T): readonly Item[];
  header: readonly string[];
  /** The rows of an item: one, or more. */
  rowsOf(item: Item): readonly (readonly unknown[])[];
}

/**
 * Shows a list page by page until there are as many items as are wanted: each page a table, with `--json` an item a line.
 *
 * @returns how many items were shown, whether there are more, and the last page.
 */
export async function showList<T extends Page, Item>(
  { path, query, schema, itemsOf, header, rowsOf }: Listing<T, Item>,
  { most, pageSize }: Extent,
  { client, stdout, json }: Context,
): Promise<{ shown: number; areMore: boolean; last: T }> {
  let shown = 0;
  let continuation: string | undefined;
  for (;;) {
    // A continuation fits its page size only.
    const page = await client.json(schema, path, { query: { ...query, limit: String(pageSize), continuation } });
    const items = itemsOf(page).slice(0, most - shown);
    shown += items.length;
    if (json) await write(stdout, items.map((each) => `${JSON.stringify(each)}\n`).join(''));
    else if (items.length > 0) await write(stdout, formatTable(header, items.flatMap(rowsOf), columnsOf(stdout)));
    continuation = page.continuation;
    if (continuation === undefined || shown >= most) return { shown, areMore: continuation !== undefined, last: page };
  }
}
