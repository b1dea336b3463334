/** The etag that an `If-Match` header asks for. The SDKs quote whatever they send, the star too. */
export function etagIn(ifMatch: string): string {
  return ifMatch.trim().replace(/^"(.*)"$/, '$1');
}

/** Whether an `If-Match` header asks for an etag, or for any. */
export function isMatch(ifMatch: string, etag: string): boolean {
  const asked = etagIn(ifMatch);
  return asked === '*' || asked === etag;
}
