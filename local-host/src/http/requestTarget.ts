/** What a request is for: a path, or an address where a client sent one as to a proxy. */
export function targetOf(url: string, origin = 'http://localhost'): URL | undefined {
  const address = url.startsWith('/') ? origin + url : url;
  return URL.canParse(address) ? new URL(address) : undefined;
}
