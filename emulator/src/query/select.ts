import type { Json, JsonObject, TwinDocument } from '../hub/types';
import type { Aggregate, Item, Path } from './ast';
import { compilePath, type Evaluator } from './evaluate';
import { QueryError } from './queryError';

/** Makes a row of the chosen columns; a column that the twin does not have is left out. */
export function compileProjection(items: Item[]): (twin: TwinDocument) => JsonObject {
  const columns = items.map(({ value, alias }) => {
    if (value.kind === 'aggregate') throw new QueryError('Aggregates and properties need GROUP BY to stand together.');
    return { name: alias ?? lastName(value), read: compilePath(value) };
  });
  return (twin) => row(columns.map(({ name, read }) => [name, read(twin)]));
}

/**
 * Answers a query with aggregates: one row, or with `GROUP BY` one for each value of its path.
 *
 * @throws QueryError where a property is selected that is not grouped by.
 */
export function aggregate(items: Item[], groupBy: Path | undefined, twins: Iterable<TwinDocument>): JsonObject[] {
  const columns = items.map((item) => compileColumn(item, groupBy));
  const key: Evaluator = groupBy ? compilePath(groupBy) : () => null;
  const groups = new Map<string, { key: Json | undefined; columns: Accumulator[] }>();
  for (const twin of twins) {
    const value = key(twin);
    const name = JSON.stringify(value) ?? 'undefined';
    const group = groups.get(name) ?? { key: value, columns: columns.map(({ start }) => start()) };
    groups.set(name, group);
    for (const column of group.columns) column.add(twin);
  }
  // Without groups there is one row even where there is no twin.
  if (!groupBy && groups.size === 0) groups.set('', { key: null, columns: columns.map(({ start }) => start()) });
  return [...groups.values()].map((group) =>
    row(columns.map(({ name }, index) => [name, group.columns[index]?.result(group.key)])),
  );
}

/** What one column of one group gathers. */
interface Accumulator {
  add(twin: TwinDocument): void;
  result(key: Json | undefined): Json | undefined;
}

function compileColumn({ value, alias }: Item, groupBy: Path | undefined): { name: string; start: () => Accumulator } {
  if (value.kind === 'aggregate') {
    return { name: alias ?? value.name.toUpperCase(), start: () => accumulator(value) };
  }
  if (groupBy?.names.join('.') !== value.names.join('.')) {
    throw new QueryError(`'${value.names.join('.')}' is selected beside aggregates but not grouped by.`);
  }
  return { name: alias ?? lastName(value), start: () => ({ add() {}, result: (key) => key }) };
}

function accumulator({ name, path }: Aggregate): Accumulator {
  const read: Evaluator = path ? compilePath(path) : () => 0;
  const numbers: Accumulated = { count: 0, sum: 0, min: undefined, max: undefined };
  return {
    add(twin) {
      const value = read(twin);
      if (typeof value !== 'number') return;
      numbers.count++;
      numbers.sum += value;
      numbers.min = numbers.min === undefined ? value : Math.min(numbers.min, value);
      numbers.max = numbers.max === undefined ? value : Math.max(numbers.max, value);
    },
    result: () => (name === 'avg' ? (numbers.count > 0 ? numbers.sum / numbers.count : undefined) : numbers[name]),
  };
}

interface Accumulated {
  count: number;
  sum: number;
  min: number | undefined;
  max: number | undefined;
}

function lastName({ names }: Path): string {
  return names[names.length - 1] ?? '';
}

function row(columns: [name: string, value: Json | undefined][]): JsonObject {
  return Object.fromEntries(columns.filter((column): column is [string, Json] => column[1] !== undefined));
}
