/**
 * What a request is for: a path, or an address where a client sent one as to a proxy. Undefined where it is none that the
 * real host's server takes.
 */
export function targetOf(url: string, origin = 'http://localhost'): URL | undefined {
  const [path = '', ...query] = url.split('?');
  if (path.includes('%00')) return undefined;
  // `URL` would make slashes of them.
  const plain = [path.replaceAll('\\', '%5C'), ...query].join('?');
  const address = url.startsWith('/') ? origin + plain : plain;
  return URL.canParse(address) ? new URL(address) : undefined;
}
