import type { Expression, Query } from './ast';
import { SyntaxError as GrammarError, parse as parseGrammar } from './parser.generated';
import { QueryError } from './queryError';

/** Longest query, in characters (Azure IoT Hub quotas). */
export const maxQueryLength = 8192;

/** How deep parentheses and brackets may nest: the parser goes as deep. */
export const maxNesting = 100;

/**
 * Reads a query.
 *
 * @throws QueryError with line and column of what is not of the language.
 */
export function parseQuery(text: string): Query {
  return parse(text, (checked) => parseGrammar(checked));
}

/**
 * Reads a condition alone, as message routes have it: what stands after `WHERE`.
 *
 * @throws QueryError with line and column of what is not of the language.
 */
export function parseCondition(text: string): Expression {
  return parse(text.trim(), (checked) => parseGrammar(checked, { startRule: 'Expression' }));
}

function parse<T>(text: string, grammar: (text: string) => T): T {
  if (text.length > maxQueryLength) {
    throw new QueryError(`The query has ${text.length} characters; at most ${maxQueryLength} are allowed.`);
  }
  if (nesting(text) > maxNesting) throw new QueryError(`The query nests deeper than ${maxNesting} parentheses.`);
  try {
    return grammar(text);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    const { line, column } = error.location.start;
    throw new QueryError(`SQL query parse failed: Line ${line}:${column} ${error.message}`, line, column);
  }
}

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()[\]]/gs)) {
    if (token === '(' || token === '[') deepest = Math.max(deepest, ++depth);
    else if (token === ')' || token === ']') depth--;
  }
  return deepest;
}
