import type { Dialect, Expression, Query } from './ast';
import { faultOfCall, resolveCall } from './functions';
import { SyntaxError as GrammarError, parse as parseGrammar } from './parser.generated';
import { QueryError, queryErrorAt } from './queryError';

/** Longest query, in characters (Azure IoT Hub quotas). */
export const maxQueryLength = 8192;

/** How deep parentheses and brackets may nest: the parser goes as deep. */
export const maxNesting = 100;

/**
 * Reads a query.
 *
 * @throws QueryError with line and column of what is not of the language.
 */
export function parseQuery(text: string, dialect: Dialect = 'twins'): Query {
  return parse(text, (checked) => parseGrammar(checked, optionsOf(dialect)));
}

/**
 * Reads a condition alone, as message routes have it: what stands after `WHERE`.
 *
 * @throws QueryError with line and column of what is not of the language.
 */
export function parseCondition(text: string, dialect: Dialect = 'routing'): Expression {
  return parse(text.trim(), (checked) => parseGrammar(checked, { ...optionsOf(dialect), startRule: 'Expression' }));
}

function optionsOf(dialect: Dialect) {
  return {
    faultOfCall: (name: string, args: number) => faultOfCall(name, args, dialect),
    resolveCall: (name: string, args: Expression[]) => resolveCall(name, args, dialect),
    /** Whether a path may go into an array: `$body.list[0]`. */
    indexes: dialect === 'routing',
  };
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
    throw queryErrorAt(error.location.start, error.message);
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
