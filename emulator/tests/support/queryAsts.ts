import fc from 'fast-check';
import type { Aggregate, BinaryOperator, Expression, Item, Path, Query } from '../../src/query/ast';

const binaryOperators: BinaryOperator[] = ['and', 'or', '=', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'];

const names = fc.oneof(
  fc.constantFrom('tags', 'group', 'From', 'a-b', '$version', 'COUNT'),
  fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replace(/[[\]]/g, '_')),
);

const paths: fc.Arbitrary<Path> = fc.record({
  kind: fc.constant('path'),
  names: fc.array(names, { minLength: 1, maxLength: 4 }),
});

/** Literals of every type; a negative number is a minus before a literal. */
export const literals: fc.Arbitrary<Expression> = fc.record({
  kind: fc.constant('literal'),
  value: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(Math.abs),
    fc.constantFrom(true, false, null, undefined),
  ),
});

/** Expressions of all operators over some leaves. */
export function expressionsOver(leaves: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaves,
      fc.record({
        kind: fc.constant('binary'),
        operator: fc.constantFrom(...binaryOperators),
        left: tie('expression'),
        right: tie('expression'),
      }),
      fc.record({
        kind: fc.constant('unary'),
        operator: fc.constantFrom('not', '-'),
        operand: tie('expression'),
      }),
      fc.record({
        kind: fc.constant('in'),
        operand: tie('expression'),
        values: fc.array(tie('expression'), { maxLength: 3 }),
        negated: fc.boolean(),
      }),
    ),
  })).expression;
}

const simple = expressionsOver(fc.oneof(literals, paths));
const calls: fc.Arbitrary<Expression> = fc
  .constantFrom<[name: string, args: number]>(['is_defined', 1], ['startswith', 2], ['concat', 3], ['substring', 3])
  .chain(([name, args]) =>
    fc.record({
      kind: fc.constant('call'),
      name: fc.constant(name),
      args: fc.array(simple, { minLength: args, maxLength: args }),
    }),
  );

const lists: fc.Arbitrary<Expression> = fc.record({
  kind: fc.constant('list'),
  values: fc.array(simple, { maxLength: 3 }),
});

const aggregates: fc.Arbitrary<Aggregate> = fc.oneof(
  fc.record({ kind: fc.constant('aggregate'), name: fc.constant('count') }),
  fc.record({ kind: fc.constant('aggregate'), name: fc.constantFrom('sum', 'avg', 'min', 'max'), path: paths }),
);

const items: fc.Arbitrary<Item> = fc.record(
  { value: fc.oneof(paths, aggregates), alias: names },
  { requiredKeys: ['value'] },
);

/** Every query that has a text. */
export const queries: fc.Arbitrary<Query> = fc.record(
  {
    select: fc.oneof(
      fc.record({ kind: fc.constant('all') }),
      fc.record({ kind: fc.constant('items'), items: fc.array(items, { minLength: 1, maxLength: 3 }) }),
    ),
    top: fc.nat(),
    source: fc.constantFrom('devices', 'devices.modules', 'devices.jobs'),
    where: expressionsOver(fc.oneof(literals, paths, calls, lists)),
    groupBy: paths,
  },
  { requiredKeys: ['select', 'source'] },
);
