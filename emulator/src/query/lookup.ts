import type { Expression, Path } from './ast';
import { type Candidates, intersection, nobody, union } from './candidates';
import { compile, isScalar, type Scalar } from './evaluate';
import { Ordered } from './ordered';
import type { PathIndex } from './pathIndex';
import type { Sliced } from './slices';
import type { Collection } from './source';

/** The part of a condition that indexes can answer. */
export type Lookup = Equality | { kind: 'all' | 'any'; parts: Lookup[]; exact: boolean };

/** A path has one of some values. */
interface Equality {
  kind: 'equality';
  path: Path;
  values: Scalar[];
  /** Whether it says all that the condition says. */
  exact: true;
}

/** Who may meet a condition; where it is exact, who does. */
export interface Found {
  candidates: Candidates;
  exact: boolean;
}

/** Finds the equalities that a condition cannot be met without; `undefined` where there are none. */
export function compileLookup(condition: Expression): Lookup | undefined {
  switch (condition.kind) {
    case 'path':
      return equality(condition, [{ kind: 'literal', value: true }]);
    case 'in':
      return condition.negated ? undefined : equality(condition.operand, condition.values);
    case 'binary': {
      const { operator, left, right } = condition;
      if (operator === '=') return equality(left, [right]) ?? equality(right, [left]);
      if (operator !== 'and' && operator !== 'or') return undefined;
      const parts = operands(condition, operator).map(compileLookup);
      const known = parts.filter((part) => part !== undefined);
      const complete = known.length === parts.length;
      if (known.length === 0 || (operator === 'or' && !complete)) return undefined;
      const exact = complete && known.every((part) => part.exact);
      return { kind: operator === 'and' ? 'all' : 'any', parts: known, exact };
    }
    default:
      return undefined;
  }
}

/** Asks the indexes of a collection; `undefined` where it has none for what is looked up. */
export function* find(lookup: Lookup, collection: Collection): Sliced<Found | undefined> {
  const paths = indexedPaths(lookup, collection);
  const indexes = paths.length > 0 && collection.indexes ? yield* collection.indexes.of(paths, collection) : [];
  return resolve(lookup, collection, new Map(paths.map((path, at) => [path, indexes[at]])));
}

function resolve(
  lookup: Lookup,
  collection: Collection,
  indexes: ReadonlyMap<Path, PathIndex | undefined>,
): Found | undefined {
  if (lookup.kind === 'equality') {
    const candidates = isDirect(lookup, collection)
      ? ofDevices(lookup.values, collection)
      : fromIndex(lookup.values, indexes.get(lookup.path));
    return candidates && { candidates, exact: true };
  }
  const parts = lookup.parts.map((part) => resolve(part, collection, indexes));
  const found = parts.filter((part) => part !== undefined);
  const complete = found.length === parts.length;
  if (found.length === 0 || (lookup.kind === 'any' && !complete)) return undefined;
  const all = found.map(({ candidates }) => candidates);
  const exact = lookup.exact && complete && found.every((part) => part.exact);
  return { candidates: lookup.kind === 'all' ? intersection(all) : union(all), exact };
}

/** The paths to have indexes for. Beside a device's id nothing else needs one. */
function indexedPaths(lookup: Lookup, collection: Collection): Path[] {
  if (lookup.kind === 'equality') return isDirect(lookup, collection) ? [] : [lookup.path];
  if (lookup.kind === 'all' && lookup.parts.some((part) => isDirect(part, collection))) return [];
  return lookup.parts.flatMap((part) => indexedPaths(part, collection));
}

function isDirect(lookup: Lookup, collection: Collection): boolean {
  if (lookup.kind !== 'equality' || !collection.ofDevice) return false;
  const [root = '', ...below] = lookup.path.names;
  return below.length === 0 && root.toLowerCase() === 'deviceid';
}

function ofDevices(values: readonly Scalar[], collection: Collection): Candidates {
  const ordinals = new Ordered<number>();
  for (const value of values) {
    if (typeof value !== 'string') continue;
    for (const ordinal of collection.ofDevice?.(value) ?? []) if (collection.get(ordinal)) ordinals.add(ordinal);
  }
  return ordinals;
}

function fromIndex(values: readonly Scalar[], index: PathIndex | undefined): Candidates | undefined {
  if (values.length === 0) return nobody;
  return (
    index &&
    union(
      values.map((value) => index.equal(value)),
      { disjoint: true },
    )
  );
}

/** That a path has one of some values which are the same for every document; a value that equals nothing is none. */
function equality(path: Expression, values: readonly Expression[]): Equality | undefined {
  if (path.kind !== 'path' || !values.every(isConstant)) return undefined;
  const constants = values.map((value) => compile(value)({})).filter(isScalar);
  return { kind: 'equality', path, values: [...new Set(constants)], exact: true };
}

function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'path':
      return false;
    case 'literal':
      return true;
    case 'list':
      return expression.values.every(isConstant);
    case 'unary':
      return isConstant(expression.operand);
    case 'binary':
      return isConstant(expression.left) && isConstant(expression.right);
    case 'in':
      return isConstant(expression.operand) && expression.values.every(isConstant);
    case 'call':
      return expression.args.every(isConstant);
  }
}

/** What a run of one operator stands between. */
function operands(expression: Expression, operator: 'and' | 'or'): Expression[] {
  const found: Expression[] = [];
  let rest = expression;
  while (rest.kind === 'binary' && rest.operator === operator) {
    found.push(rest.right);
    rest = rest.left;
  }
  return [rest, ...found.reverse()];
}
