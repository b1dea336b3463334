import type { Expression, Path } from './ast';

/** Names of the root members of a document that somebody looks at, in lower case. */
export type Roots = ReadonlySet<string>;

export function rootsOfPaths(paths: readonly Path[]): Roots {
  return new Set(paths.map(({ names: [root = ''] }) => root.toLowerCase()));
}

/** The root members that an expression looks at. */
export function rootsOf(expression: Expression): Roots {
  return rootsOfPaths(pathsOf(expression));
}

function pathsOf(expression: Expression): Path[] {
  switch (expression.kind) {
    case 'path':
      return [expression];
    case 'literal':
      return [];
    case 'list':
      return expression.values.flatMap(pathsOf);
    case 'unary':
      return pathsOf(expression.operand);
    case 'binary':
      return [...pathsOf(expression.left), ...pathsOf(expression.right)];
    case 'in':
      return [expression.operand, ...expression.values].flatMap(pathsOf);
    case 'call':
      return expression.args.flatMap(pathsOf);
  }
}
