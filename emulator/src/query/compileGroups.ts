import type { Path, Query } from './ast';
import { compilePath, type Value } from './evaluate';
import type { Filter } from './filter';
import { rootsOfPaths } from './roots';
import { compileAggregation, type GroupRow } from './select';
import type { Sliced } from './slices';
import type { Collection } from './source';

type Counts = Iterable<[value: Value, count: number]>;

/** Most values that an index counts for a query: they change together, so that all are taken down at one moment. */
const maxCounted = 100_000;

/**
 * Makes the rows of aggregates. Where they only count, and an index knows how many there are, no document is read.
 *
 * @throws QueryError where the columns do not fit together.
 */
export function compileGroups(
  { select, where, groupBy }: Query,
  filter: Filter,
): (collection: Collection) => Sliced<Iterable<GroupRow>> {
  const { of, ofCounts } = compileAggregation(select.kind === 'all' ? [] : select.items, groupBy);
  function* known(collection: Collection): Sliced<Counts | undefined> {
    if (groupBy) return where ? undefined : yield* countsOf(groupBy, collection);
    const count = yield* filter.count(collection);
    return count === undefined ? undefined : [[null, count]];
  }
  return function* (collection) {
    const counts = ofCounts && (yield* known(collection));
    return yield* counts ? ofCounts(counts) : of(filter.matching(collection, 0));
  };
}

/** How many documents have which value; only those with an object or an array there are read. */
function* countsOf(path: Path, collection: Collection): Sliced<Counts | undefined> {
  const [index] = collection.indexes ? yield* collection.indexes.of([path], collection) : [];
  if (!index || index.distinct > maxCounted) return undefined;
  const counts = [...index.counts()];
  const others = [...index.others.after(0)];
  const without = counts.reduce((left, [, count]) => left - count, collection.size - others.length);
  const read = compilePath(path);
  const roots = rootsOfPaths([path]);
  return (function* (): Counts {
    yield* counts;
    for (const ordinal of others) {
      const entry = collection.get(ordinal);
      if (entry) yield [read(entry.read(roots)), 1];
    }
    if (without > 0) yield [undefined, without];
  })();
}
