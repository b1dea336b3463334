import type { JsonObject } from '../hub/types';
import type { Aggregate, Item, Path } from './ast';
import { compilePath, samePath, type Value } from './evaluate';
import { QueryError } from './queryError';

/** A column that is read of each twin, as against one that is worked out over many. */
export interface PropertyItem extends Item {
  value: Path;
}

export function isProperty(item: Item): item is PropertyItem {
  return item.value.kind === 'path';
}

/**
 * Makes a row of the chosen columns; a column that the twin does not have is left out.
 *
 * @throws QueryError where two columns have one name.
 */
export function compileProjection(items: PropertyItem[]): (twin: JsonObject) => JsonObject {
  const names = columnNames(items);
  const columns = items.map(({ value }) => compilePath(value));
  return (twin) => {
    const values = columns.map((read) => read(twin));
    return toRow(names, values);
  };
}

/**
 * Works out one row over all twins, or with `GROUP BY` one for each value of its path.
 *
 * @throws QueryError where two columns have one name, or a property is selected that is not grouped by.
 */
export function compileAggregation(items: Item[], groupBy?: Path): (twins: Iterable<JsonObject>) => JsonObject[] {
  const names = columnNames(items);
  const columns = items.map(({ value }) => compileColumn(value, groupBy));
  const key = groupBy ? compilePath(groupBy) : () => null;
  return (twins) => {
    const groups = new Map<string, Accumulator[]>();
    const groupOf = (value: Value) => {
      const id = JSON.stringify(value) ?? 'undefined';
      const group = groups.get(id) ?? columns.map((start) => start());
      groups.set(id, group);
      return group;
    };
    // Without GROUP BY there is one row even where there is no twin.
    if (!groupBy) groupOf(null);
    for (const twin of twins) for (const column of groupOf(key(twin))) column.add(twin);
    return [...groups.values()].map((group) => {
      const values = group.map((column) => column.result());
      return toRow(names, values);
    });
  };
}

/** What one column of one group gathers. */
interface Accumulator {
  add(twin: JsonObject): void;
  result(): Value;
}

function compileColumn(value: Path | Aggregate, groupBy: Path | undefined): () => Accumulator {
  if (value.kind === 'aggregate') return () => aggregateOf(value);
  if (!groupBy || !samePath(value, groupBy)) {
    throw new QueryError(`'${value.names.join('.')}' is selected beside aggregates but not grouped by.`);
  }
  return () => commonValue(value);
}

/** The property that a group has in common. */
function commonValue(path: Path): Accumulator {
  const read = compilePath(path);
  let value: Value;
  return {
    add: (twin) => {
      value = read(twin);
    },
    result: () => value,
  };
}

/** Passes over what is not a number; without a number there is no average, least or greatest. */
function aggregateOf({ name, path }: Aggregate): Accumulator {
  const read = path ? compilePath(path) : () => 0;
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  return {
    add: (twin) => {
      const value = read(twin);
      if (typeof value !== 'number') return;
      count++;
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    },
    result: () => {
      const results = { count, sum, avg: sum / count, min, max };
      return count > 0 || name === 'count' || name === 'sum' ? results[name] : undefined;
    },
  };
}

/** Names of the columns: the alias, else the last name of a path or the aggregate's name. */
function columnNames(items: Item[]): string[] {
  const names = new Set<string>();
  for (const { value, alias } of items) {
    const name = alias ?? (value.kind === 'aggregate' ? value.name.toUpperCase() : value.names.at(-1)) ?? '';
    if (names.has(name)) throw new QueryError(`Two columns are named '${name}': give one another name with AS.`);
    names.add(name);
  }
  return [...names];
}

function toRow(names: string[], values: Value[]): JsonObject {
  const row: [string, Value][] = names.map((name, index) => [name, values[index]]);
  return Object.fromEntries(
    row.filter((column): column is [string, Exclude<Value, undefined>] => column[1] !== undefined),
  );
}
