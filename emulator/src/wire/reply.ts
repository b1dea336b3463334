import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What a door over HTTP answers with. */
export interface Reply {
  status: number;
  headers?: OutgoingHttpHeaders;
  /** Sent as JSON; nothing where absent. */
  body?: unknown;
}

/** A body that is JSON already. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** 200 with a body. */
export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** Writes a reply. Every body is JSON and says so: the service SDKs crash on one that does not. */
export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const text = body === undefined ? '' : body instanceof JsonText ? body.text : JSON.stringify(body);
  const all: OutgoingHttpHeaders = { 'x-ms-request-id': headers?.['x-ms-request-id'] ?? randomUUID(), ...headers };
  if (body !== undefined) all['content-type'] = 'application/json; charset=utf-8';
  // 204 has no content, and no length of it (RFC 9110).
  if (status !== 204) all['content-length'] = Buffer.byteLength(text);
  response.writeHead(status, all);
  // As text, not as bytes: head and body go out in one write then.
  response.end(text);
}
