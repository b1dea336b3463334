import type { IncomingMessage } from 'node:http';

/** What a request asks for. */
export interface Target {
  /** Still percent-encoded. `..` stays as it is: it is a device id like another. */
  path: string;
  query: URLSearchParams;
}

/** Reads the target of a request; any text is one. */
export function readTarget({ url = '/' }: IncomingMessage): Target {
  const [path = '', ...query] = url.split('?');
  return { path, query: new URLSearchParams(query.join('?')) };
}
