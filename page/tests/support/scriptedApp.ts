import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';

const { page }: { page: HttpHandler } = require(resolve('dist/page.js'));

/** A request that the page made of the API. */
export interface Asked {
  method: string;
  /** Below `/api/`, decoded. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What a request is answered. */
export interface Told {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
}

type Tell = (asked: Asked) => Told | Promise<Told>;

/** The built page as its function serves it, over an API that answers by a script. */
export class ScriptedApp {
  readonly asked: Asked[] = [];
  /** The key that is asked for; empty: none. */
  key = '';
  #tell: Tell = () => ({ status: 404 });

  private constructor(private readonly server: ReturnType<typeof createServer>) {}

  static async start(): Promise<ScriptedApp> {
    const server = createServer();
    const app = new ScriptedApp(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void app.#answer(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return app;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/api/page`;
  }

  tell(tell: Tell): void {
    this.#tell = tell;
    this.asked.length = 0;
  }

  stop(): Promise<unknown> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    return closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const [, file] = /^\/api\/page(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (/^\/api\/page(\/|$)/.test(url.pathname)) return answerPage(request, response, url, file ?? '');
    const asked: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname.replace('/api/', '')),
      query: url.searchParams,
      headers: request.headers,
      body: await text(request),
    };
    this.asked.push(asked);
    // As the host: without a body.
    const isLetIn = this.key === '' || request.headers['x-functions-key'] === this.key;
    const { status = 200, headers = {}, json } = isLetIn ? await this.#tell(asked) : { status: 401 };
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  }
}

async function answerPage(request: IncomingMessage, response: ServerResponse, url: URL, file: string): Promise<void> {
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]): [string, string] => [
    name,
    values.join(),
  ]);
  const asked = new HttpRequest({
    url: url.href,
    method: 'GET',
    headers: Object.fromEntries(headers),
    params: file ? { file } : {},
  });
  const told = (await page(asked, new InvocationContext())) as HttpResponseInit;
  response.writeHead(told.status ?? 200, told.headers as Record<string, string>);
  response.end(told.body);
}

/** A problem as the app tells it. */
export function problem(status: number, title: string, detail: string, headers: Record<string, string> = {}): Told {
  return { status, headers, json: { type: 'urn:device-twins:problem:x', title, status, detail } };
}
