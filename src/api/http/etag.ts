import { InvalidInputError } from '../../errors/invalidInputError';

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
  const etag = parseETag(header ?? '*');
  if (etag !== undefined) return etag;
  throw new InvalidInputError('If-Match takes one etag, as the ETag header of the twin gave it, or *.', 'If-Match');
}

/** One strong etag, in quotes or bare, or `*`. */
export function parseETag(text: string): string | undefined {
  const [, quoted, bare] = /^\s*(?:"([\x21\x23-\x7e]+)"|([\x21\x23-\x2b\x2d-\x7e]+))\s*$/.exec(text) ?? [];
  const etag = quoted ?? bare;
  return etag?.startsWith('W/') ? undefined : etag;
}
