import type { JsonObject } from '../service/types';
import type { Path, Query } from './ast';
import { compilePath, type Value } from './evaluate';
import type { Filter, Match } from './filter';
import { rootsOfPaths } from './roots';
import { compileAggregation, type GroupRow } from './select';
import type { Collection } from './source';

type Counts = Iterable<[value: Value, count: number]>;

/**
 * Makes the rows of aggregates. Where they only count, and an index knows how many there are, no document is read.
 *
 * @throws QueryError where the columns do not fit together.
 */
export function compileGroups(
  { select, where, groupBy }: Query,
  filter: Filter,
): (collection: Collection) => GroupRow[] {
  const { of, ofCounts } = compileAggregation(select.kind === 'all' ? [] : select.items, groupBy);
  const known = (collection: Collection): Counts | undefined => {
    if (groupBy) return where ? undefined : countsOf(groupBy, collection);
    const count = filter.count(collection);
    return count === undefined ? undefined : [[null, count]];
  };
  return (collection) => {
    const counts = ofCounts && known(collection);
    return counts ? ofCounts(counts) : of(documents(filter.matching(collection, 0)));
  };
}

/** How many documents have which value; only those with an object or an array there are read. */
function countsOf(path: Path, collection: Collection): Counts | undefined {
  const [index] = collection.indexes?.of([path], collection) ?? [];
  if (!index) return undefined;
  const read = compilePath(path);
  return (function* () {
    let without = collection.size;
    for (const [value, count] of index.counts()) {
      without -= count;
      yield [value, count];
    }
    for (const ordinal of index.others.after(0)) {
      without--;
      const entry = collection.get(ordinal);
      if (entry) yield [read(entry.read(rootsOfPaths([path]))), 1];
    }
    if (without > 0) yield [undefined, without];
  })();
}

function* documents(matches: Iterable<Match>): Generator<JsonObject, void, undefined> {
  for (const { value } of matches) yield value;
}
