import fc from 'fast-check';
import type { Aggregate, Expression, Item, Path, Query } from '../../src/query/ast';
import type { Json, JsonObject } from '../../src/service/types';

/** Values that are easily taken for each other. */
const values = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<Json>(1, '1', 0, '', true, 'true', false, null, 'x', 'X') },
  { weight: 1, arbitrary: fc.constantFrom<Json>([1], ['1'], {}, { b: 1 }) },
);

/** Documents like twins, with few names and few values, so that much of what is asked for is there. */
export const documents: fc.Arbitrary<JsonObject> = fc
  .record({
    deviceId: fc.constantFrom('d1', 'd2', 'd3', 'D1'),
    status: fc.constantFrom('enabled', 'disabled'),
    a: fc.option(values, { nil: undefined }),
    b: fc.option(values, { nil: undefined }),
    r: fc.option(values, { nil: undefined }),
  })
  .map(({ deviceId, status, a, b, r }) => ({
    deviceId,
    status,
    tags: { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) },
    properties: { desired: { $version: 1 }, reported: { ...(r === undefined ? {} : { r }), $version: 2 } },
  }));

const path = (...names: string[]): Path => ({ kind: 'path', names });
const paths = fc.constantFrom(
  path('deviceId'),
  path('DEVICEID'),
  path('status'),
  path('tags', 'a'),
  path('Tags', 'a'),
  path('tags', 'a', 'b'),
  path('tags', 'b'),
  path('properties', 'reported', 'r'),
  path('properties', 'reported', '$version'),
  path('tags'),
  path('nothing'),
);

const literals: fc.Arbitrary<Expression> = fc.record({
  kind: fc.constant('literal'),
  value: fc.constantFrom(1, '1', 0, '', true, 'true', false, null, undefined, 'x', 'd1', 'd2', 'enabled'),
});
const constants: fc.Arbitrary<Expression> = fc.oneof(
  { weight: 8, arbitrary: literals },
  fc.constantFrom<Expression[]>(
    {
      kind: 'binary',
      operator: '-',
      left: { kind: 'literal', value: 2 },
      right: { kind: 'literal', value: 1 },
    },
    { kind: 'call', name: 'upper', args: [{ kind: 'literal', value: 'x' }] },
    { kind: 'list', values: [{ kind: 'literal', value: 1 }] },
  ),
);

/** Conditions made of what indexes can answer and of what they cannot. */
const conditions = fc.letrec<{ condition: Expression }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('binary'),
      operator: fc.constantFrom('=', '=', '=', '!=', '<'),
      left: fc.oneof({ weight: 5, arbitrary: paths }, constants),
      right: fc.oneof({ weight: 5, arbitrary: constants }, paths),
    }),
    fc.record({
      kind: fc.constant('in'),
      operand: paths,
      values: fc.array(fc.oneof({ weight: 9, arbitrary: constants }, paths), { maxLength: 4 }),
      negated: fc.nat(4).map((one) => one === 0),
    }),
    paths,
    fc.record({
      kind: fc.constant('binary'),
      operator: fc.constantFrom('and', 'or'),
      left: tie('condition'),
      right: tie('condition'),
    }),
    fc.record({ kind: fc.constant('unary'), operator: fc.constant('not'), operand: tie('condition') }),
  ),
})).condition;

const item = (value: Path | Aggregate, alias: string): Item => ({ value, alias });
const counted = item({ kind: 'aggregate', name: 'count' }, 'n');
const greatest = item({ kind: 'aggregate', name: 'max', path: path('tags', 'b') }, 'm');

const columns = (items: Item[], groupBy?: Path): Pick<Query, 'select' | 'groupBy'> => ({
  select: { kind: 'items', items },
  ...(groupBy ? { groupBy } : {}),
});

const selections: fc.Arbitrary<Pick<Query, 'select' | 'groupBy'>> = fc.oneof(
  fc.constant<Pick<Query, 'select'>>({ select: { kind: 'all' } }),
  fc.constant(columns([item(path('tags', 'a'), 'a')])),
  fc.constantFrom<Item[][]>([counted], [counted, greatest]).map((items) => columns(items)),
  fc
    .tuple(paths, fc.constantFrom<Item[][]>([counted], [counted, greatest], []))
    .map(([groupBy, items]) => columns([item(groupBy, 'g'), ...items], groupBy)),
);

/** Queries of every kind over such documents. */
export const fleetQueries: fc.Arbitrary<Query> = fc
  .tuple(
    selections,
    fc.record(
      { source: fc.constant('devices' as const), where: conditions, top: fc.nat(12) },
      { requiredKeys: ['source'] },
    ),
  )
  .map(([selection, rest]) => ({ ...selection, ...rest }));

/** What happens to a fleet: a document comes, changes, or goes. */
export interface FleetChange {
  ordinal: number;
  document: JsonObject | undefined;
}

export const fleetChanges: fc.Arbitrary<FleetChange> = fc.record({
  ordinal: fc.integer({ min: 1, max: 40 }),
  document: fc.option(documents, { nil: undefined, freq: 3 }),
});
