import { HubError } from '../hub/hubError';
import type { Json, QueryPage, TwinDocument } from '../hub/types';
import type { Query } from './ast';
import { compile } from './evaluate';
import { fromContinuation, type PageRequest, pageSize, toContinuation } from './page';
import { parseQuery } from './parse';
import { aggregate, compileProjection } from './select';

/** Twins in the order of their positions, those after a given one; positions are whole numbers above 0. */
export interface TwinSource {
  twins(after: number): Iterable<Row<TwinDocument>>;
}

interface Row<T> {
  position: number;
  value: T;
}

/**
 * Answers one page of a query, from the twins as they are now.
 *
 * @throws QueryError where the text is not of the language, or the continuation token of another query.
 * @throws HubError NotImplemented for sources that are not served.
 */
export function runQuery(text: string, source: TwinSource, page: PageRequest): QueryPage {
  const query = parseQuery(text);
  if (query.source !== 'devices') throw new HubError('NotImplemented', `Queries over ${query.source} are not served.`);
  const itemType = query.select.kind === 'all' ? 'Twin' : 'Raw';
  const items: Json[] = [];
  let progress = page.continuation === undefined ? { after: 0, given: 0 } : fromContinuation(text, page.continuation);
  for (const { position, value } of rows(query, source, progress.after)) {
    if (query.top !== undefined && progress.given >= query.top) break;
    if (items.length === pageSize(page)) return { items, itemType, continuation: toContinuation(text, progress) };
    items.push(value);
    progress = { after: position, given: progress.given + 1 };
  }
  return { items, itemType };
}

function rows(query: Query, source: TwinSource, after: number): Iterable<Row<Json>> {
  const { select, groupBy } = query;
  if (select.kind === 'all') return matching(query, source, after) as Iterable<Row<Json & TwinDocument>>;
  if (groupBy || select.items.some(({ value }) => value.kind === 'aggregate')) {
    const groups = aggregate(select.items, groupBy, values(matching(query, source, 0)));
    return groups.map((value, index) => ({ position: index + 1, value })).slice(after);
  }
  return map(matching(query, source, after), compileProjection(select.items));
}

function* matching({ where }: Query, source: TwinSource, after: number): Iterable<Row<TwinDocument>> {
  const condition = where && compile(where);
  for (const row of source.twins(after)) if (!condition || condition(row.value) === true) yield row;
}

function* map<T, U>(found: Iterable<Row<T>>, change: (value: T) => U): Iterable<Row<U>> {
  for (const { position, value } of found) yield { position, value: change(value) };
}

function* values<T>(found: Iterable<Row<T>>): Iterable<T> {
  for (const { value } of found) yield value;
}
