import type { Expression, Item, Path, Query } from '../../src/query/ast';

const reserved = /^(select|top|from|where|group|by|as|and|or|not|in|nin|true|false|null|undefined)$/i;

/** Writes a query as text, with parentheses around every operand, so that precedence plays no role. */
export function printQuery({ select, top, source, where, groupBy }: Query): string {
  return [
    'SELECT',
    ...(top === undefined ? [] : [`TOP ${top}`]),
    select.kind === 'all' ? '*' : select.items.map(printItem).join(', '),
    `FROM ${source}`,
    ...(where ? [`WHERE ${printExpression(where)}`] : []),
    ...(groupBy ? [`GROUP BY ${printPath(groupBy)}`] : []),
  ].join(' ');
}

function printItem({ value, alias }: Item): string {
  const column =
    value.kind === 'path'
      ? printPath(value)
      : `${value.name}(${value.path === undefined ? '' : printPath(value.path)})`;
  return alias === undefined ? column : `${column} AS ${printName(alias)}`;
}

function printExpression(expression: Expression): string {
  const inParentheses = (operand: Expression) => `(${printExpression(operand)})`;
  const list = (values: Expression[]) => values.map(printExpression).join(', ');
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression.value);
    case 'path':
      return printPath(expression);
    case 'list':
      return `[ ${list(expression.values)}]`;
    case 'unary':
      return `${expression.operator} ${inParentheses(expression.operand)}`;
    case 'binary':
      return `${inParentheses(expression.left)} ${expression.operator} ${inParentheses(expression.right)}`;
    case 'in':
      return `${inParentheses(expression.operand)} ${expression.negated ? 'NIN' : 'IN'} [ ${list(expression.values)}]`;
    case 'call':
      return `${expression.name}(${list(expression.args)})`;
  }
}

function printLiteral(value: string | number | boolean | null | undefined): string {
  return typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : String(value);
}

function printPath({ names }: Path): string {
  return names.map(printName).join('.');
}

function printName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !reserved.test(name) ? name : `[[${name}]]`;
}
