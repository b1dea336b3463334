import { HubError } from '../service/hubError';
import type { Json, QueryPage } from '../service/types';
import type { Dialect, Query } from './ast';
import { withoutCollection } from './collectionPrefix';
import { compileGroups } from './compileGroups';
import { compileFilter } from './filter';
import { compareKeys } from './groups';
import { checkJobQuery } from './jobs';
import type { RowPosition } from './page';
import { queryErrorAt } from './queryError';
import { type Roots, rootsOfPaths } from './roots';
import { compileProjection, isProperty } from './select';
import type { Walk } from './slices';
import type { Collection, QuerySource } from './source';

/** One result and where it stands among the others. */
export interface Row {
  position: RowPosition;
  value: Json;
}

/** A query made ready to be asked of documents, any number of times. */
export interface Plan {
  itemType: QueryPage['itemType'];
  /** Most rows of all pages together. */
  top: number;
  /**
   * The rows after a position, or all. Aggregates are worked out anew for each page.
   *
   * @throws HubError NotImplemented where the source lacks what is asked for.
   */
  rows(source: QuerySource, after: RowPosition | undefined): Walk<Row>;
}

/**
 * Makes a plan of a query.
 *
 * @throws QueryError where the parts of the query do not fit together.
 */
export function compileQuery(parsed: Query, dialect: Dialect = 'twins'): Plan {
  const query = withoutCollection(parsed);
  const { select, top = Infinity, source: from, where, groupBy } = query;
  if (from === 'devices.jobs') checkJobQuery(query);
  if (groupBy && dialect === 'strict' && from !== 'devices') {
    throw queryErrorAt(groupBy.at, `GROUP BY is documented for devices only, not for ${from}.`);
  }
  const filter = compileFilter(where, lookedAt(query));
  if (select.kind === 'all') {
    if (groupBy) {
      throw queryErrorAt(groupBy.at, 'SELECT * cannot be grouped: select the grouped property and aggregates.');
    }
    const itemType = from === 'devices.jobs' ? 'DeviceJob' : 'Twin';
    return { itemType, top, rows: (source, after) => filter.matching(collectionOf(source, from), ordinalOf(after)) };
  }
  if (!groupBy && select.items.every(isProperty)) {
    const project = compileProjection(select.items);
    return {
      itemType: 'Raw',
      top,
      *rows(source, after) {
        for (const match of filter.matching(collectionOf(source, from), ordinalOf(after))) {
          yield match && { position: match.position, value: project(match.value) };
        }
      },
    };
  }
  const groups = compileGroups(query, filter);
  return {
    itemType: 'Raw',
    top,
    *rows(source, after) {
      for (const row of yield* groups(collectionOf(source, from))) {
        if (typeof after !== 'object' || compareKeys(row.position, after) > 0) yield row;
      }
    },
  };
}

function collectionOf({ twins, modules, jobs }: QuerySource, from: Query['source']): Collection {
  const collection = { devices: twins, 'devices.modules': modules, 'devices.jobs': jobs }[from];
  if (!collection) throw new HubError('NotImplemented', `Queries over ${from} are not served.`);
  return collection;
}

function ordinalOf(position: RowPosition | undefined): number {
  return typeof position === 'number' ? position : 0;
}

/** The members that the columns are made of; all where everything is selected. */
function lookedAt({ select, groupBy }: Query): Roots | undefined {
  if (select.kind === 'all') return undefined;
  const columns = select.items.map(({ value }) => (value.kind === 'path' ? value : value.path));
  return rootsOfPaths([...columns, groupBy].filter((path) => path !== undefined));
}
