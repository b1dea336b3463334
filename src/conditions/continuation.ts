import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { InvalidInputError } from '../errors/invalidInputError';

/** What the hub asks to be repeated with its continuation token: the same query, the same page size. */
export interface PagedQuery {
  query: string;
  pageSize: number;
}

const continuationSchema = z.tuple([
  z.string(),
  z.string().check(z.regex(/^[\x21-\x7e]+$/)),
  z.int().check(z.minimum(0), z.maximum(8.64e15)),
]);

/**
 * Wraps the hub's continuation token into one of ours, which fits only the query that it belongs to.
 *
 * @param askedAt when the first page was asked for: times of the query that are relative stay what they were.
 */
export function wrapContinuation(paged: PagedQuery, hubToken: string, askedAt = new Date()): string {
  return Buffer.from(JSON.stringify([fingerprint(paged), hubToken, askedAt.getTime()])).toString('base64url');
}

/** When the first page was asked for; undefined where the continuation is none of ours. */
export function askedAtOf(continuation: string): Date | undefined {
  const { success, data } = continuationSchema.safeParse(decode(continuation));
  return success ? new Date(data[2]) : undefined;
}

/**
 * The hub's token inside one of ours.
 *
 * @throws InvalidInputError when it is none, or belongs to another query.
 */
export function unwrapContinuation(paged: PagedQuery, continuation: string): string {
  const { success, data } = continuationSchema.safeParse(decode(continuation));
  if (!success || data[0] !== fingerprint(paged)) {
    throw new InvalidInputError(
      'The continuation does not belong to this query: repeat the query and its limit as they were, ' +
        'with the continuation of the page before.',
      'continuation',
    );
  }
  return data[1];
}

function decode(continuation: string): unknown {
  try {
    return JSON.parse(Buffer.from(continuation, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function fingerprint({ query, pageSize }: PagedQuery): string {
  return createHash('sha256').update(`${pageSize} ${query}`).digest('base64url').slice(0, 16);
}
