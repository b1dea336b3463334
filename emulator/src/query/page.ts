import { createHash } from 'node:crypto';
import { QueryError } from './queryError';

/** Most rows of a page; what else is asked for counts as this. */
export const maxPageSize = 100;

/** Which page to answer. */
export interface PageRequest {
  maxItemCount?: number | undefined;
  continuation?: string | undefined;
}

/** Where a query stands between two pages. */
export interface Progress {
  /** Position of the last row that was given. */
  after: number;
  /** Rows given so far, for `TOP`. */
  given: number;
}

/** Rows per page: what was asked for where it is acceptable, else the most. */
export function pageSize({ maxItemCount = maxPageSize }: PageRequest): number {
  return Number.isInteger(maxItemCount) && maxItemCount >= 1 && maxItemCount <= maxPageSize
    ? maxItemCount
    : maxPageSize;
}

/** The opaque token for the page after; it fits only its query. */
export function toContinuation(query: string, { after, given }: Progress): string {
  return Buffer.from(JSON.stringify([fingerprint(query), after, given])).toString('base64url');
}

/** @throws QueryError where the token is none, or of another query. */
export function fromContinuation(query: string, token: string): Progress {
  const [print, after, given] = decode(token);
  if (print !== fingerprint(query) || !Number.isSafeInteger(after) || !Number.isSafeInteger(given)) {
    throw new QueryError('The continuation token does not belong to this query.');
  }
  return { after: after as number, given: given as number };
}

function decode(token: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(decoded) ? decoded : [];
  } catch {
    return [];
  }
}

function fingerprint(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 16);
}
