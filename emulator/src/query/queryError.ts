import type { Position } from './ast';

/** A query is not of the language; the message says what was found and what was expected. */
export class QueryError extends Error {
  override readonly name = 'QueryError';

  /** Line and column count from 1; both are absent where the fault is not at one place of the text. */
  constructor(
    message: string,
    readonly line?: number,
    readonly column?: number,
  ) {
    super(message);
  }
}

/** What is wrong at one place of the text, as the service words it where it does. */
export function queryErrorAt(at: Position | undefined, message: string): QueryError {
  if (!at) return new QueryError(message);
  return new QueryError(`SQL query parse failed: Line ${at.line}:${at.column} ${message}`, at.line, at.column);
}
