import { ProblemError } from './problem';

/**
 * The content type that an `Accept` header prefers (RFC 9110, 12.5.1); the first that is offered where it has no
 * preference.
 *
 * @throws ProblemError where it takes none of them.
 */
export function negotiate<Type extends string>(accept: string | null, offered: readonly [Type, ...Type[]]): Type {
  if (!accept?.trim()) return offered[0];
  const ranges = accept.split(',').map(parseRange);
  let best: { type: Type; weight: number } | undefined;
  for (const type of offered) {
    const weight = weightOf(type, ranges);
    if (weight > (best?.weight ?? 0)) best = { type, weight };
  }
  if (best) return best.type;
  throw new ProblemError({ name: 'not-acceptable', detail: `Accept ${offered.join(', ')}.` });
}

interface Range {
  range: string;
  weight: number;
}

function parseRange(text: string): Range {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.map((parameter) => /^q=(\d(?:\.\d{0,3})?)$/.exec(parameter)?.[1]).find(Boolean);
  return { range, weight: Number(weight ?? 1) };
}

/** The most exact range that fits has the word. */
function weightOf(type: string, ranges: Range[]): number {
  for (const fitting of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const found = ranges.find(({ range }) => range === fitting);
    if (found) return found.weight;
  }
  return 0;
}
