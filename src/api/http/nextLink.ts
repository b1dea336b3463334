/** Parameters that a link never repeats: it may be logged, and the function key is a secret. */
const secret = ['code'];

/** The `Link` header (RFC 8288) that leads from a page to the next one; relative to the host, which may be a gateway's. */
export function nextLink(url: string, continuation: string): string {
  const { pathname, searchParams } = new URL(url);
  for (const name of secret) searchParams.delete(name);
  searchParams.set('continuation', continuation);
  return `<${pathname}?${searchParams}>; rel="next"`;
}
