import type { JsonObject } from '../../json';
import { SyntaxError as GrammarError, parse } from './parser.generated';

/** How deep parentheses may nest: the parser goes as deep. */
const maxNesting = 32;

/** Where a filter is none. */
export interface FilterFault {
  /** From 1. */
  column: number;
  fault: string;
}

/**
 * Reads a condition in words: `tags.floor >= 2 and location in ("A", "B") and not is_defined(tags.site)`.
 *
 * It stands in a bundle apart, which a cold start does not load: hence a fault is an answer, no error of a class that others
 * would not know.
 *
 * @returns the same as JSON, see `conditionJson.ts`, which checks paths and values; or the first fault.
 */
export function readFilter(text: string): { json: JsonObject } | FilterFault {
  const tooDeep = deeperThan(maxNesting, text);
  if (tooDeep !== undefined) return { column: tooDeep + 1, fault: `parentheses nest deeper than ${maxNesting}` };
  try {
    return { json: parse(text) };
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    const fault = error.message.replace(/^Expected/, 'expected').replace(/\.$/, '');
    return { column: error.location.start.offset + 1, fault };
  }
}

/** Where the parentheses of a text, but those in quotes, first nest too deep. */
function deeperThan(most: number, text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()]/gs)) {
    if (token === '(' && ++depth > most) return index;
    if (token === ')') depth--;
  }
  return undefined;
}
