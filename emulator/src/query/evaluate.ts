import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';
import type { BinaryOperator, Expression, Path } from './ast';
import { functions } from './functions';
import { QueryError } from './queryError';

/** What an expression can come to: a JSON value, or `undefined` where the twin has none. */
export type Value = Json | undefined;

/** A value that can be compared; objects and arrays cannot. */
export type Scalar = string | number | boolean | null;

/** An expression made ready to be asked of many twins. */
export type Evaluator = (twin: JsonObject) => Value;

/**
 * Compiles an expression. Anything undefined makes a comparison undefined, and values of different types are never
 * equal; `AND` and `OR` know undefined as SQL knows NULL.
 *
 * @throws QueryError for a function that the language does not have.
 */
export function compile(expression: Expression): Evaluator {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'path':
      return compilePath(expression);
    case 'list': {
      const values = expression.values.map(compile);
      return (twin) => values.map((value) => value(twin) ?? null);
    }
    case 'unary':
      return compileUnary(expression.operator, compile(expression.operand));
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
    case 'in':
      return compileIn(compile(expression.operand), expression.values.map(compile), expression.negated);
    case 'call':
      return compileCall(expression.name, expression.args.map(compile));
  }
}

/** Reads a path of a twin. Root properties are found whatever their case (`DeviceId`), other names as written. */
export function compilePath({ names: [root = '', ...names] }: Path): Evaluator {
  const wanted = root.toLowerCase();
  return (twin) => {
    const spelled = Object.hasOwn(twin, root) ? root : Object.keys(twin).find((name) => name.toLowerCase() === wanted);
    let value = spelled === undefined ? undefined : twin[spelled];
    for (const name of names) value = member(value, name);
    return value;
  };
}

/** What is below an object's name, or in an array at `[0]`; no name has brackets. */
function member(value: Value, name: string): Value {
  if (Array.isArray(value)) return name.startsWith('[') ? value[Number(name.slice(1, -1))] : undefined;
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Tells whether two paths read the same value. */
export function samePath(one: Path, other: Path): boolean {
  const plain = ({ names: [root = '', ...names] }: Path) => [root.toLowerCase(), ...names];
  return isDeepStrictEqual(plain(one), plain(other));
}

function compileUnary(operator: 'not' | '-', operand: Evaluator): Evaluator {
  return (twin) => {
    const value = operand(twin);
    if (operator === 'not') return typeof value === 'boolean' ? !value : undefined;
    return typeof value === 'number' ? -value : undefined;
  };
}

function compileBinary(operator: BinaryOperator, left: Evaluator, right: Evaluator): Evaluator {
  if (operator === 'and' || operator === 'or') {
    // One side alone decides: false an AND, true an OR. Else both must be known.
    const decides = operator === 'or';
    return (twin) => {
      const first = left(twin);
      if (first === decides) return decides;
      const second = right(twin);
      if (second === decides) return decides;
      return typeof first === 'boolean' && typeof second === 'boolean' ? !decides : undefined;
    };
  }
  const apply = operators[operator];
  return (twin) => apply(left(twin), right(twin));
}

const operators: Record<Exclude<BinaryOperator, 'and' | 'or'>, (left: Value, right: Value) => Value> = {
  '=': equal,
  '!=': (left, right) => not(equal(left, right)),
  '<': (left, right) => ordered(left, right, (order) => order < 0),
  '<=': (left, right) => ordered(left, right, (order) => order <= 0),
  '>': (left, right) => ordered(left, right, (order) => order > 0),
  '>=': (left, right) => ordered(left, right, (order) => order >= 0),
  '+': (left, right) => arithmetic(left, right, (one, other) => one + other),
  '-': (left, right) => arithmetic(left, right, (one, other) => one - other),
  '*': (left, right) => arithmetic(left, right, (one, other) => one * other),
  '/': (left, right) => arithmetic(left, right, (one, other) => one / other),
  '%': (left, right) => arithmetic(left, right, (one, other) => one % other),
};

/** Equality of primitives; of objects and arrays the language has none. */
function equal(left: Value, right: Value): boolean | undefined {
  if (!isScalar(left) || !isScalar(right)) return undefined;
  return left === right;
}

function ordered(left: Value, right: Value, holds: (order: number) => boolean): boolean | undefined {
  if (typeof left === 'number' && typeof right === 'number') return holds(left - right);
  if (typeof left === 'string' && typeof right === 'string') return holds(left < right ? -1 : left > right ? 1 : 0);
  return undefined;
}

function arithmetic(left: Value, right: Value, apply: (one: number, other: number) => number): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const result = apply(left, right);
  return Number.isFinite(result) ? result : undefined;
}

function compileIn(operand: Evaluator, values: Evaluator[], negated: boolean): Evaluator {
  return (twin) => {
    const value = operand(twin);
    if (!isScalar(value)) return undefined;
    return values.some((each) => each(twin) === value) !== negated;
  };
}

/** The parser has counted the arguments. */
function compileCall(name: string, args: Evaluator[]): Evaluator {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!known) throw new QueryError(`There is no function '${name}'.`);
  return (twin) => known.apply(...args.map((arg) => arg(twin)));
}

/** What the language can compare. */
export function isScalar(value: Value): value is Scalar {
  return value !== undefined && (value === null || typeof value !== 'object');
}

function not(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}
