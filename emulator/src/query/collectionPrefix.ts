import type { Expression, Path, Query } from './ast';

/**
 * A query whose paths no longer begin with the collection: `devices.deviceId` is `deviceId`, as real hubs take it (the
 * search of Azure IoT Explorer, the help of `az iot hub query`). No document has a member of a collection's name.
 */
export function withoutCollection(query: Query): Query {
  const { select, where, groupBy, source } = query;
  const [, below] = source.split('.');
  const bare = ({ names, ...path }: Path): Path => ({ ...path, names: withoutPrefix(names, below) });
  return {
    ...query,
    select: select.kind === 'all' ? select : { ...select, items: select.items.map((item) => inItem(item, bare)) },
    ...(where ? { where: inExpression(where, bare) } : {}),
    ...(groupBy ? { groupBy: bare(groupBy) } : {}),
  };
}

type Change = (path: Path) => Path;
type Item = Extract<Query['select'], { kind: 'items' }>['items'][number];

function withoutPrefix(names: string[], below: string | undefined): string[] {
  const [first = '', second = ''] = names;
  if (names.length < 2 || first.toLowerCase() !== 'devices') return names;
  const isBelow = names.length > 2 && second.toLowerCase() === below;
  return names.slice(isBelow ? 2 : 1);
}

function inItem({ value, ...item }: Item, change: Change): Item {
  if (value.kind === 'path') return { ...item, value: change(value) };
  return { ...item, value: value.path ? { ...value, path: change(value.path) } : value };
}

function inExpression(expression: Expression, change: Change): Expression {
  const inAll = (all: Expression[]) => all.map((each) => inExpression(each, change));
  switch (expression.kind) {
    case 'path':
      return change(expression);
    case 'literal':
      return expression;
    case 'list':
      return { ...expression, values: inAll(expression.values) };
    case 'unary':
      return { ...expression, operand: inExpression(expression.operand, change) };
    case 'binary': {
      const { left, right } = expression;
      return { ...expression, left: inExpression(left, change), right: inExpression(right, change) };
    }
    case 'in':
      return {
        ...expression,
        operand: inExpression(expression.operand, change),
        values: inAll(expression.values),
      };
    case 'call':
      return { ...expression, args: inAll(expression.args) };
  }
}
