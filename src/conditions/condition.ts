import type { PropertyPath } from './propertyPath';

/** A value that a query compares with; the query language has no parameters, so it is written as a literal. */
export type Scalar = string | number | boolean;

/**
 * A condition on twins, of the parts that IoT Hub documents for twin queries, and `STARTSWITH`, which it takes and documents
 * for routes only (azure-docs#110329). Being data, it cannot carry query text:
 * paths are checked when they are parsed, values are escaped when they are written.
 */
export type Condition =
  | { kind: 'compare'; path: PropertyPath; operator: '=' | '!=' | '<' | '<=' | '>' | '>='; value: Scalar }
  | { kind: 'in'; path: PropertyPath; values: readonly [Scalar, ...Scalar[]] }
  | { kind: 'isDefined'; path: PropertyPath }
  | { kind: 'startsWith'; path: PropertyPath; start: string }
  | { kind: 'not'; condition: Condition }
  | { kind: 'and' | 'or'; conditions: readonly [Condition, ...Condition[]] };

/** The text of a condition after `WHERE`. Precedence is not documented, hence the parentheses. */
export function toText(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${condition.path} ${condition.operator} ${toLiteral(condition.value)}`;
    case 'in':
      return `${condition.path} IN [${condition.values.map(toLiteral).join(', ')}]`;
    case 'isDefined':
      return `is_defined(${condition.path})`;
    case 'startsWith':
      return `STARTSWITH(${condition.path}, ${toLiteral(condition.start)})`;
    case 'not':
      return `NOT (${toText(condition.condition)})`;
    case 'and':
    case 'or':
      return condition.conditions.map((each) => `(${toText(each)})`).join(` ${condition.kind.toUpperCase()} `);
  }
}

/** `path = value`, the condition that the app needs most. */
export function equals(path: PropertyPath, value: Scalar): Condition {
  return { kind: 'compare', path, operator: '=', value };
}

/** All of the conditions; of none, nothing: the whole fleet. */
export function allOf(conditions: readonly Condition[]): Condition | undefined {
  const [first, ...others] = conditions;
  return first && (others.length === 0 ? first : { kind: 'and', conditions: [first, ...others] });
}

/** The escapes of the language are `\\`, `\'`, `\"` and `\uXXXX`; a doubled quote is not one. */
function toLiteral(value: Scalar): string {
  if (typeof value === 'number') return toDecimal(value);
  if (typeof value === 'boolean') return String(value);
  const escaped = value
    .replace(/[\\'"]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (character) => `\\u${hex(character.charCodeAt(0))}`);
  return `'${escaped}'`;
}

/** The language documents numbers in decimal notation, without an exponent. */
function toDecimal(value: number): string {
  const text = String(value);
  const [, sign, whole = '', fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  return sign + (point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`);
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0');
}
