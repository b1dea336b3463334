/** A query as its text says it. */
export interface Query {
  select: { kind: 'all' } | { kind: 'items'; items: Item[] };
  top?: number;
  source: 'devices' | 'devices.modules' | 'devices.jobs';
  where?: Expression;
  groupBy?: Path;
}

/** Where something begins in the text; lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** One column of the answer. */
export interface Item {
  value: Path | Aggregate;
  alias?: string;
  at?: Position;
}

/** Where a value stands in a twin: the names from its root down. */
export interface Path {
  kind: 'path';
  names: string[];
  at?: Position;
}

/** A number about many twins. */
export interface Aggregate {
  kind: 'aggregate';
  name: 'count' | 'sum' | 'avg' | 'min' | 'max';
  /** What is summed up; `COUNT()` takes nothing. */
  path?: Path;
}

/**
 * Which functions there are: those of twin and job queries as real hubs take them, those that are documented for twin and
 * job queries, or those of message routing.
 */
export type Dialect = 'twins' | 'strict' | 'routing';

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
