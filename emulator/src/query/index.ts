import type { Json, QueryPage } from '../hub/types';

export { compile as compileExpression, compilePath } from './evaluate';
export { parseCondition } from './parse';

import { fromContinuation, type PageRequest, pageSize, toContinuation } from './page';
import { parseQuery } from './parse';
import { compileQuery, type Plan, type TwinSource } from './plan';

/** Plans of the latest queries, the one unused for longest first: the pages of a query share one. */
const plans = new Map<string, Plan>();
const maxPlans = 32;

/**
 * Answers one page of a query, from the twins as they are now.
 *
 * @throws QueryError where the text is not of the language, or the continuation token of another query.
 * @throws HubError NotImplemented for sources that are not served.
 */
export function runQuery(text: string, source: TwinSource, page: PageRequest): QueryPage {
  const { itemType, top, rows } = planOf(text);
  const items: Json[] = [];
  let progress = page.continuation === undefined ? { after: 0, given: 0 } : fromContinuation(text, page.continuation);
  for (const { position, value } of rows(source, progress.after)) {
    if (progress.given >= top) break;
    if (items.length === pageSize(page)) return { items, itemType, continuation: toContinuation(text, progress) };
    items.push(value);
    progress = { after: position, given: progress.given + 1 };
  }
  return { items, itemType };
}

function planOf(text: string): Plan {
  const plan = plans.get(text) ?? compileQuery(parseQuery(text));
  plans.delete(text);
  plans.set(text, plan);
  const [oldest] = plans.keys();
  if (plans.size > maxPlans && oldest !== undefined) plans.delete(oldest);
  return plan;
}
