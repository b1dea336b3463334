import type { Query } from '../../src/query/ast';

/** A query as its text says it, wherever in the text it says it. */
export function withoutPositions(query: Query): Query {
  return strip(query);
}

function strip<T>(value: T): T {
  if (Array.isArray(value)) return value.map(strip) as T;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'at');
  return Object.fromEntries(members.map(([name, member]) => [name, strip(member)])) as T;
}
