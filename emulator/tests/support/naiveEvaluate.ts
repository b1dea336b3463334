import type { Expression } from '../../src/query/ast';
import type { Json, JsonObject } from '../../src/service/types';

type Value = Json | undefined;
type Primitive = string | number | boolean | null;

/** What an expression comes to, told as plainly as can be: to compare the emulator's evaluator with. */
export function naiveEvaluate(expression: Expression, twin: JsonObject): Value {
  const of = (each: Expression) => naiveEvaluate(each, twin);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path':
      return expression.names.reduce<Value>(member, twin);
    case 'unary':
      return expression.operator === 'not'
        ? negation(of(expression.operand))
        : calculate('*', -1, of(expression.operand));
    case 'in': {
      const alternatives = expression.values.map((value) => compare('=', of(expression.operand), of(value)) === true);
      if (!isPrimitive(of(expression.operand))) return undefined;
      return expression.negated ? alternatives.every((same) => !same) : alternatives.some((same) => same);
    }
    case 'binary': {
      const { operator, left, right } = expression;
      if (operator === 'and' || operator === 'or') return logic(operator, of(left), of(right));
      return '+-*/%'.includes(operator)
        ? calculate(operator, of(left), of(right))
        : compare(operator, of(left), of(right));
    }
    default:
      throw new Error(`${expression.kind} has no naive meaning`);
  }
}

function member(value: Value, name: string): Value {
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  return members.find(([each]) => each === name)?.[1];
}

function negation(value: Value): Value {
  return value === true ? false : value === false ? true : undefined;
}

/** As minimum and maximum over false < unknown < true. */
function logic(operator: 'and' | 'or', left: Value, right: Value): Value {
  const rank = (value: Value) => (value === true ? 2 : value === false ? 0 : 1);
  const result = operator === 'and' ? Math.min(rank(left), rank(right)) : Math.max(rank(left), rank(right));
  return [false, undefined, true][result];
}

function compare(operator: string, left: Value, right: Value): Value {
  if (!isPrimitive(left) || !isPrimitive(right)) return undefined;
  if (operator === '=') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return undefined;
  const [one, other] = [left as string, right as string];
  const results: Record<string, boolean> = {
    '<': one < other,
    '<=': one <= other,
    '>': one > other,
    '>=': one >= other,
  };
  return results[operator];
}

function calculate(operator: string, left: Value, right: Value): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const results: Record<string, number> = {
    '+': left + right,
    '-': left - right,
    '*': left * right,
    '/': left / right,
    '%': left % right,
  };
  const result = results[operator];
  return Number.isFinite(result) ? result : undefined;
}

function isPrimitive(value: Value): value is Primitive {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
