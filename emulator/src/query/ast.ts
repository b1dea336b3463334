/** A query as its text says it. */
export interface Query {
  select: { kind: 'all' } | { kind: 'items'; items: Item[] };
  top?: number;
  source: 'devices' | 'devices.modules' | 'devices.jobs';
  where?: Expression;
  groupBy?: Path;
}

/** One column of the answer. */
export interface Item {
  value: Path | Aggregate;
  alias?: string;
}

export interface Path {
  kind: 'path';
  names: string[];
}

export interface Aggregate {
  kind: 'aggregate';
  name: 'count' | 'sum' | 'avg' | 'min' | 'max';
  /** What is summed up; `COUNT()` takes nothing. */
  path?: Path;
}

export type BinaryOperator = 'and' | 'or' | '=' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export type Expression =
  | Path
  | { kind: 'literal'; value: string | number | boolean | null | undefined }
  | { kind: 'list'; values: Expression[] }
  | { kind: 'unary'; operator: 'not' | '-'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'in'; operand: Expression; values: Expression[]; negated: boolean }
  | { kind: 'call'; name: string; args: Expression[] };
