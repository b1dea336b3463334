import type { IncomingMessage } from 'node:http';

/** What a request asks for. */
export interface Target {
  /** Still percent-encoded. `..` stays as it is: it is a device id like another. */
  path: string;
  readonly query: URLSearchParams;
}

/** Reads the target of a request; any text is one. Its query is read when it is asked for: few look at it. */
export function readTarget({ url = '/' }: IncomingMessage): Target {
  const end = url.indexOf('?');
  let query: URLSearchParams | undefined;
  return {
    path: end < 0 ? url : url.slice(0, end),
    get query() {
      query ??= new URLSearchParams(end < 0 ? '' : url.slice(end + 1));
      return query;
    },
  };
}
