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

/** Where a value stands in a twin: the names from its root down. */
export interface Path {
  kind: 'path';
  names: string[];
}

/** A number about many twins. */
export interface Aggregate {
  kind: 'aggregate';
  name: 'count' | 'sum' | 'avg' | 'min' | 'max';
  /** What is summed up; `COUNT()` takes nothing. */
  path?: Path;
}

export type BinaryOperator = 'and' | 'or' | '=' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

/** A condition or a part of one. Function names are in lower case; `<>` is `!=`. */
export type Expression =
  | Path
  | { kind: 'literal'; value: string | number | boolean | null | undefined }
  | { kind: 'list'; values: Expression[] }
  | { kind: 'unary'; operator: 'not' | '-'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'in'; operand: Expression; values: Expression[]; negated: boolean }
  | { kind: 'call'; name: string; args: Expression[] };
