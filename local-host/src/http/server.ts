import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Log } from '../log';
import { bodyWanted } from '../readBody';
import { type Callers, isAllowed, judgeCaller } from './callers';
import type { HttpReply } from './httpTrigger';
import { targetOf } from './requestTarget';

/** Answers a request; the path is without its query. */
export type Answer = (request: IncomingMessage, path: string, query: URLSearchParams) => Promise<HttpReply>;

export interface ServerOptions {
  port: number;
  callers: Callers;
  log: Log;
}

/** What the real host's server takes: bytes of all headers, and characters of the request line. */
const maxHeaderSize = 32 * 1024;
const maxUrlLength = 8192;

/** Starts the host's HTTP server, on loopback as Core Tools does. */
export async function startServer(answer: Answer, { port, callers, log }: ServerOptions) {
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const headers = corsHeaders(request, callers);
    reply(request)
      .catch((error: unknown) => {
        log('error', 'system', `The host failed: ${error instanceof Error ? error.stack : error}`);
        // Its body may be unread.
        response.shouldKeepAlive = false;
        return { status: 500 };
      })
      .then((reply) => {
        // A host that stops waits for its connections to end, not for their clients to give them up.
        if (!server.listening) response.shouldKeepAlive = false;
        send(response, reply, headers);
      })
      .catch((error: unknown) => {
        log('error', 'system', `The host failed: ${error instanceof Error ? error.stack : error}`);
        response.destroy();
      });
  };
  const server = createServer({ maxHeaderSize }, serve);
  // A client is asked for its body when somebody reads it, unless the body is there.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once(bodyWanted, () => {
      if (request.readableLength === 0) response.writeContinue();
    });
    serve(request, response);
  });
  server.on('clientError', refuse);
  const reply = async (request: IncomingMessage): Promise<HttpReply> => {
    const { url = '/' } = request;
    if (url.length > maxUrlLength) return { status: 414 };
    const target = targetOf(url);
    if (!target) return { status: 400 };
    const refusal = judgeCaller(request, target.pathname, callers);
    if (refusal) return refusal;
    return isAllowedPreflight(request, callers)
      ? { status: 204 }
      : answer(request, target.pathname, target.searchParams);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new Error(`Port ${port} is unavailable: choose another one by --port.`) : error,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    /** Takes no more requests, and ends connections once they are answered. */
    stop: () => new Promise((resolve) => server.close(resolve).closeIdleConnections()),
    kill: () => server.closeAllConnections(),
  };
}

/** What Node's parser does not take. A method that it does not know is one that no function has. */
function refuse({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const statuses: Record<string, string> = {
    HPE_INVALID_METHOD: '404 Not Found',
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  };
  const status = statuses[code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

function send(response: ServerResponse, { status, headers, body }: HttpReply, cors: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, ...cors }).end(body);
}

/** Whether a browser asks what a page may do, and is not told by a function. */
function isAllowedPreflight({ method, headers }: IncomingMessage, { cors }: Callers): boolean {
  const asks = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  return asks && headers.origin !== undefined && isAllowed(headers.origin, cors);
}

/** As `Host.CORS` of local.settings.json asks for; undefined where it lets nobody in. */
function corsHeaders({ headers }: IncomingMessage, { cors }: Callers): Record<string, string> | undefined {
  const { origin } = headers;
  if (!origin || !isAllowed(origin, cors)) return undefined;
  return {
    'access-control-allow-origin': isAllowed('*', cors) ? '*' : origin,
    'access-control-allow-methods': headers['access-control-request-method'] ?? '*',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    ...(cors?.CORSCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}
