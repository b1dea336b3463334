import type { JsonObject } from '../service/types';
import type { Aggregate, Item, Path } from './ast';
import { compilePath, type Evaluator, samePath, type Value } from './evaluate';
import { type GroupKey, Groups } from './groups';
import { queryErrorAt } from './queryError';
import { spelledRoot } from './roots';
import { type Sliced, stride, type Walk } from './slices';

/** A column that is read of each document, as against one that is worked out over many. */
export interface PropertyItem extends Item {
  value: Path;
}

export function isProperty(item: Item): item is PropertyItem {
  return item.value.kind === 'path';
}

/**
 * Makes a row of the chosen columns; a column that the document does not have is left out.
 *
 * @throws QueryError where two columns have one name.
 */
export function compileProjection(items: PropertyItem[]): (document: JsonObject) => JsonObject {
  const names = columnNames(items);
  const columns = items.map(({ value }) => compilePath(value));
  return (document) => {
    const values = columns.map((read) => read(document));
    return toRow(names, values);
  };
}

/** One row of an aggregation, and where it stands among the others. */
export interface GroupRow {
  position: GroupKey;
  value: JsonObject;
}

/** Works out one row over all documents, or with `GROUP BY` one for each value of its path; in the order of their keys. */
export interface Aggregation {
  of(matches: Walk<{ value: JsonObject }>): Sliced<Iterable<GroupRow>>;
  /** The same from how many documents there are with each value; absent where a column needs more than that. */
  ofCounts?(counts: Iterable<[value: Value, count: number]>): Sliced<Iterable<GroupRow>>;
}

/** @throws QueryError where two columns have one name, or a property is selected that is not grouped by. */
export function compileAggregation(items: Item[], groupBy?: Path): Aggregation {
  const names = columnNames(items);
  const columns = items.map(({ value }) => compileColumn(value, groupBy));
  const read = groupBy ? compilePath(groupBy) : () => null;
  const start = () => {
    const groups = new Groups(() => columns.map((column) => column()));
    // Without GROUP BY there is one row even where there is no document.
    if (!groupBy) groups.of(null);
    return groups;
  };
  function* rows(groups: Groups<Accumulator[]>): Iterable<GroupRow> {
    for (const [position, gathered] of groups.inOrder()) {
      const values = gathered.map((column) => column.result());
      yield { position, value: toRow(names, values) };
    }
  }
  const aggregation: Aggregation = {
    *of(matches) {
      const groups = start();
      for (const match of matches) {
        if (!match) {
          yield undefined;
          continue;
        }
        const value = read(match.value);
        for (const column of groups.of(value)) column.add(match.value, value);
      }
      return rows(groups);
    },
  };
  if (!items.every(({ value }) => value.kind === 'path' || value.name === 'count')) return aggregation;
  return {
    ...aggregation,
    *ofCounts(counts) {
      const groups = start();
      let passed = 0;
      for (const [value, count] of counts) {
        for (const column of groups.of(value)) column.addCount(value, count);
        if (++passed % stride === 0) yield undefined;
      }
      return rows(groups);
    },
  };
}

/** What one column of one group gathers. */
interface Accumulator {
  /** A document, and its value at the grouped path. */
  add(document: JsonObject, value: Value): void;
  /** A number of documents that have a value at the grouped path. */
  addCount(value: Value, count: number): void;
  result(): Value;
}

function compileColumn(value: Path | Aggregate, groupBy: Path | undefined): () => Accumulator {
  if (value.kind === 'aggregate') {
    const read = value.path ? compilePath(value.path) : () => 0;
    return () => aggregateOf(value.name, read);
  }
  if (!groupBy || !samePath(value, groupBy)) {
    throw queryErrorAt(value.at, `'${value.names.join('.')}' is selected beside aggregates but not grouped by.`);
  }
  return commonValue;
}

/** The property that a group has in common. */
function commonValue(): Accumulator {
  let common: Value;
  const note = (value: Value) => {
    common = value;
  };
  return { add: (_, value) => note(value), addCount: note, result: () => common };
}

/** Passes over what is not a number; without a number there is no average, least or greatest. */
function aggregateOf(name: Aggregate['name'], read: Evaluator): Accumulator {
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  return {
    add: (document) => {
      const value = read(document);
      if (typeof value !== 'number') return;
      count++;
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    },
    addCount: (_, more) => {
      count += more;
    },
    result: () => {
      const results = { count, sum, avg: sum / count, min, max };
      return count > 0 || name === 'count' || name === 'sum' ? results[name] : undefined;
    },
  };
}

/** Names of the columns: the alias, else the last name of a path, that of a root as it is spelled, or the aggregate's name. */
function columnNames(items: Item[]): string[] {
  const names = new Set<string>();
  for (const { value, alias, at } of items) {
    const name = alias ?? (value.kind === 'aggregate' ? value.name.toUpperCase() : lastName(value));
    if (names.has(name)) throw queryErrorAt(at, `Two columns are named '${name}': give one another name with AS.`);
    names.add(name);
  }
  return [...names];
}

function lastName({ names: [root = '', ...below] }: Path): string {
  return below.at(-1) ?? spelledRoot(root);
}

function toRow(names: string[], values: Value[]): JsonObject {
  const row: [string, Value][] = names.map((name, index) => [name, values[index]]);
  return Object.fromEntries(
    row.filter((column): column is [string, Exclude<Value, undefined>] => column[1] !== undefined),
  );
}
