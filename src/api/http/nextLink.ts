import { isKey } from './parameters';

/**
 * The `Link` header (RFC 8288) that leads from a page to the next one; relative to the host, which may be a gateway's. It
 * never repeats a key: a link may be logged.
 */
export function nextLink(url: string, continuation: string, parameter = 'continuation'): string {
  const { pathname, searchParams } = new URL(url);
  for (const name of [...searchParams.keys()].filter(isKey)) searchParams.delete(name);
  searchParams.set(parameter, continuation);
  return `<${pathname}?${searchParams}>; rel="next"`;
}
