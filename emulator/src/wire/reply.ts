import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What a door over HTTP answers with. */
export interface Reply {
  status: number;
  headers?: OutgoingHttpHeaders;
  /** Sent as JSON; nothing where absent. */
  body?: unknown;
}

/** 200 with a body. */
export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** Writes a reply. Every body is JSON and says so: the service SDKs crash on one that does not. */
export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, {
    'x-ms-request-id': randomUUID(),
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    // 204 has no content, and no length of it (RFC 9110).
    ...(status === 204 ? {} : { 'content-length': bytes.length }),
  });
  response.end(bytes);
}
