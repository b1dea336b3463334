import type { Expression, Path } from './ast';

/** Names of the root members of a document that somebody looks at, in lower case. */
export type Roots = ReadonlySet<string>;

export function rootsOfPaths(paths: readonly Path[]): Roots {
  return new Set(paths.map(({ names: [root = ''] }) => root.toLowerCase()));
}

/** The root members of twins, as they are spelled. */
const spelled = [
  ...['deviceId', 'moduleId', 'etag', 'deviceEtag', 'status', 'statusReason', 'statusUpdateTime', 'connectionState'],
  ...['lastActivityTime', 'cloudToDeviceMessageCount', 'authenticationType', 'x509Thumbprint', 'modelId', 'version'],
  ...['tags', 'properties', 'configurations', 'capabilities', 'deviceScope', 'parentScopes'],
];
const spelling = new Map(spelled.map((name) => [name.toLowerCase(), name]));

/** A root member as it is spelled, whatever its case. */
export function spelledRoot(name: string): string {
  return spelling.get(name.toLowerCase()) ?? name;
}

/** The root members that an expression looks at. */
export function rootsOf(expression: Expression): Roots {
  return rootsOfPaths(pathsOf(expression));
}

/** The paths that an expression reads. */
export function pathsOf(expression: Expression): Path[] {
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
