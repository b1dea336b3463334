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

/**
 * The first of the offered content codings that an `Accept-Encoding` header takes with its highest weight (RFC 9110,
 * 12.5.3); undefined where what it takes is to come as it is.
 */
export function negotiateCoding<Coding extends string>(
  accept: string | null,
  offered: readonly Coding[],
): Coding | undefined {
  const ranges = (accept ?? '').split(',').map(parseRange);
  const weight = (coding: string) =>
    (ranges.find(({ range }) => range === coding) ?? ranges.find(({ range }) => range === '*'))?.weight ?? 0;
  const [best] = offered.toSorted((a, b) => weight(b) - weight(a));
  return best !== undefined && weight(best) > 0 ? best : undefined;
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
