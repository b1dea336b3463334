import { createHash } from 'node:crypto';
import { type GroupKey, isGroupKey } from './groups';
import { QueryError } from './queryError';

/** Most rows of a page; what else is asked for counts as this. */
export const maxPageSize = 100;

/** Which page to answer. */
export interface PageRequest {
  maxItemCount?: number | undefined;
  continuation?: string | undefined;
}

/** Where a row stands among those of its query: by its document's ordinal, or by the key of its group. */
export type RowPosition = number | GroupKey;

/** Where a query stands between two pages. */
export interface Progress {
  /** No row at this position or before it is given again; absent before the first page. */
  after?: RowPosition | undefined;
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
  if (print !== fingerprint(query) || !isPosition(after) || !isWhole(given)) {
    throw new QueryError('The continuation token does not belong to this query.');
  }
  return { after, given };
}

function isPosition(value: unknown): value is RowPosition {
  return isWhole(value) || isGroupKey(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
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
