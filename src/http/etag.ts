import { InvalidInputError } from '../invalidInputError';

/** The `ETag` header for a twin's etag. */
export function formatETag(etag: string): string {
  return `"${etag}"`;
}

/**
 * The etag that an `If-Match` header asks for; `*`, any, when there is none.
 *
 * @throws InvalidInputError for weak etags and lists: the hub compares with one etag, strongly.
 */
export function parseIfMatch(header: string | null): string {
  const [, quoted, bare] = /^\s*(?:"([\x21\x23-\x7e]+)"|([\x21\x23-\x2b\x2d-\x7e]+))\s*$/.exec(header ?? '*') ?? [];
  const etag = quoted ?? bare;
  if (etag === undefined || etag.startsWith('W/')) {
    throw new InvalidInputError('If-Match takes one etag, as the ETag header of the twin gave it, or *.', 'If-Match');
  }
  return etag;
}
