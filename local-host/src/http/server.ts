import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Log } from '../log';
import { bodyWanted } from '../readBody';
import type { LocalHost } from '../settings';
import type { HttpReply } from './httpTrigger';
import { targetOf } from './requestTarget';

/** Answers a request; the path is without its query. */
export type Answer = (request: IncomingMessage, path: string, query: URLSearchParams) => Promise<HttpReply>;

export interface ServerOptions {
  port: number;
  cors: LocalHost;
  log: Log;
}

/** What the real host's server takes: bytes of all headers, and characters of the request line. */
const maxHeaderSize = 32 * 1024;
const maxUrlLength = 8192;

/** Starts the host's HTTP server, on loopback as Core Tools does. */
export async function startServer(answer: Answer, { port, cors, log }: ServerOptions) {
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const headers = corsHeaders(request, cors);
    const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (headers && preflight) return void send(response, { status: 204 }, headers);
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
    return target ? answer(request, target.pathname, target.searchParams) : { status: 400 };
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

/** As `Host.CORS` of local.settings.json asks for; undefined where it lets nobody in. */
function corsHeaders({ headers }: IncomingMessage, cors: LocalHost): Record<string, string> | undefined {
  const { origin } = headers;
  const allowed = cors?.CORS?.split(',').map((each) => each.trim()) ?? [];
  if (!origin || !(allowed.includes('*') || allowed.includes(origin))) return undefined;
  return {
    'access-control-allow-origin': allowed.includes('*') ? '*' : origin,
    'access-control-allow-methods': headers['access-control-request-method'] ?? '*',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    ...(cors?.CORSCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}
