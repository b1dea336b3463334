import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** One request of an SDK and its answer, without what differs from run to run. */
export interface Exchange {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown };
  response: { status: number; headers: Record<string, string>; body?: unknown };
}

/** A hub to stand in front of. */
export interface Target {
  host: string;
  port: number;
  ca?: string;
}

/** Stands between an SDK and a hub, and keeps what they say. */
export interface Recorder {
  port: number;
  exchanges: Exchange[];
  stop(): Promise<void>;
}

/** Shows the certificate of an emulator's state folder. */
export async function startRecorder(target: Target, stateDir: string): Promise<Recorder> {
  const { cert, key } = JSON.parse(readFileSync(join(stateDir, 'certificates.json'), 'utf8'));
  const exchanges: Exchange[] = [];
  const server = createServer({ cert, key }, (incoming, response) => {
    forward(target, incoming, response).then((exchange) => exchanges.push(exchange));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function forward(target: Target, incoming: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const { method = '', url: path = '', headers } = incoming;
  const body = await text(incoming);
  const sent = request({ ...target, method, path, headers: { ...headers, host: target.host } }).end(body);
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(reply);
  const status = reply.statusCode ?? 0;
  const exchange = {
    request: { method, path, headers: some(headers, requestHeaders), ...parsed(body) },
    response: { status, headers: some(reply.headers, responseHeaders), ...parsed(answer) },
  };
  response.writeHead(status, reply.headers).end(answer);
  return exchange;
}

const requestHeaders = ['content-type', 'if-match', 'x-ms-max-item-count', 'x-ms-continuation'];
const responseHeaders = ['content-type', 'etag', 'iothub-errorcode', 'x-ms-item-type', 'x-ms-continuation'];

function some(headers: IncomingMessage['headers'], names: string[]): Record<string, string> {
  const present = names.flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, steady(name, value)] as const] : [];
  });
  return Object.fromEntries(present) as Record<string, string>;
}

function parsed(body: string): { body?: unknown } {
  return body === '' ? {} : { body: JSON.parse(body, steady) };
}

/** Members whose values are new each time. */
const volatile = /^(generationId|deviceEtag|primaryKey|secondaryKey|x-ms-continuation|trackingId)$/i;

/** Puts a name in the place of what no two runs have in common. */
function steady(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  if (volatile.test(name)) return `<${name}>`;
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z?$/.test(value)) return value.startsWith('0001') ? value : '<time>';
  if (/^Tracking ID:/.test(value)) return '<tracking>';
  // The text after the code is the hub's own.
  if (name === 'Message') return value.split(';')[0];
  if (/^"?[A-Za-z0-9+/]+=*"?$/.test(value) && /etag|if-match/i.test(name) && !/AAAAAAAA/.test(value)) return '<etag>';
  return value;
}
