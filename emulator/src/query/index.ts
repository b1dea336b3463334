import type { Json, QueryPage } from '../service/types';
import type { Dialect } from './ast';
import { fromContinuation, type PageRequest, type Progress, pageSize, type RowPosition, toContinuation } from './page';
import { parseQuery } from './parse';
import { compileQuery, type Plan, type Row } from './plan';
import { inSlices, type Sliced } from './slices';
import type { QuerySource } from './source';

export { compile as compileExpression, compilePath } from './evaluate';
export { parseCondition } from './parse';

/** How queries are taken. */
export interface QueryOptions {
  /** Refuse what is documented for message routing only, and grouping elsewhere than over `devices`. */
  strict?: boolean;
}

/** Plans of the latest queries, the one unused for longest first: the pages of a query share one. */
const plans = new Map<string, Plan>();
const maxPlans = 32;

/**
 * Answers one page of a query, from the documents as they are. Others are served while a long walk goes on: a document that
 * changes meanwhile, or between two pages, may be seen or missed; none is seen twice.
 *
 * @throws QueryError where the text is not of the language, or the continuation token of another query.
 * @throws HubError NotImplemented for collections that the source lacks.
 */
export async function runQuery(
  text: string,
  source: QuerySource,
  page: PageRequest,
  { strict = false }: QueryOptions = {},
): Promise<QueryPage> {
  return inSlices(pageOf(text, source, page, strict));
}

function* pageOf(text: string, source: QuerySource, page: PageRequest, strict: boolean): Sliced<QueryPage> {
  const { itemType, top, rows } = planOf(text, strict ? 'strict' : 'twins');
  const { after, given }: Progress =
    page.continuation === undefined ? { given: 0 } : fromContinuation(text, page.continuation);
  const left = top - given;
  const size = Math.min(pageSize(page), left);
  const items: Json[] = [];
  let last: Row | undefined;
  if (left <= 0) return { items, itemType };
  for (const row of rows(source, after)) {
    if (!row) {
      yield undefined;
      continue;
    }
    if (items.length === size) {
      return {
        items,
        itemType,
        continuation: toContinuation(text, { after: endBefore(row, last), given: given + size }),
      };
    }
    items.push(row.value);
    if (items.length === left) break;
    last = row;
  }
  return { items, itemType };
}

/** Where a page ends: right before the row that comes next, so that what lies between is not walked again. */
function endBefore({ position }: Row, last: Row | undefined): RowPosition | undefined {
  return typeof position === 'number' ? position - 1 : last?.position;
}

function planOf(text: string, dialect: Dialect): Plan {
  const key = `${dialect} ${text}`;
  const plan = plans.get(key) ?? compileQuery(parseQuery(text, dialect), dialect);
  plans.delete(key);
  plans.set(key, plan);
  const [oldest] = plans.keys();
  if (plans.size > maxPlans && oldest !== undefined) plans.delete(oldest);
  return plan;
}
