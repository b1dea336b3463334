import { HubError } from '../hub/hubError';
import type { Json, JsonObject, TwinDocument } from '../hub/types';
import type { Query } from './ast';
import { compile } from './evaluate';
import { QueryError } from './queryError';
import { compileAggregation, compileProjection, isProperty } from './select';

/** One result and where it stands among the others; positions grow and are whole numbers above 0. */
export interface Row<T> {
  position: number;
  value: T;
}

/** Twins in the order of their positions, those after a given one; a position is never used again. */
export interface TwinSource {
  twins(after: number): Iterable<Row<TwinDocument>>;
}

/** A query made ready to be asked of twins, any number of times. */
export interface Plan {
  itemType: 'Twin' | 'Raw';
  /** Most rows of all pages together. */
  top: number;
  /** The rows after a position. Aggregates read every twin for each page. */
  rows(source: TwinSource, after: number): Iterable<Row<Json>>;
}

/**
 * Makes a plan of a query.
 *
 * @throws QueryError where the parts of the query do not fit together.
 * @throws HubError NotImplemented for sources that are not served.
 */
export function compileQuery({ select, top = Infinity, source, where, groupBy }: Query): Plan {
  if (source !== 'devices') throw new HubError('NotImplemented', `Queries over ${source} are not served.`);
  const condition = where ? compile(where) : () => true;
  const matching = (twins: TwinSource, after: number) => filter(twins.twins(after), (twin) => condition(twin) === true);
  if (select.kind === 'all') {
    if (groupBy) throw new QueryError('SELECT * cannot be grouped: select the grouped property and aggregates.');
    return { itemType: 'Twin', top, rows: matching };
  }
  if (!groupBy && select.items.every(isProperty)) {
    const project = compileProjection(select.items);
    return { itemType: 'Raw', top, rows: (twins, after) => map(matching(twins, after), project) };
  }
  const aggregate = compileAggregation(select.items, groupBy);
  return { itemType: 'Raw', top, rows: (twins, after) => numbered(aggregate(values(matching(twins, 0)))).slice(after) };
}

function* filter(twins: Iterable<Row<TwinDocument>>, keeps: (twin: JsonObject) => boolean): Iterable<Row<JsonObject>> {
  for (const { position, value } of twins) {
    const twin = { ...value };
    if (keeps(twin)) yield { position, value: twin };
  }
}

function* map<T, U>(rows: Iterable<Row<T>>, change: (value: T) => U): Iterable<Row<U>> {
  for (const { position, value } of rows) yield { position, value: change(value) };
}

function* values<T>(rows: Iterable<Row<T>>): Iterable<T> {
  for (const { value } of rows) yield value;
}

function numbered<T>(items: T[]): Row<T>[] {
  return items.map((value, index) => ({ position: index + 1, value }));
}
