import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Certificates } from '../state/makeCertificates';
import type { Judge } from '../wire/callers';
import { type Listening, listen } from '../wire/listen';
import { patienceMs } from '../wire/lobby';
import { send } from '../wire/reply';
import { readTarget, type Target } from '../wire/target';
import { type Subprotocol, serveWebSockets } from '../wire/webSockets';

/** Takes a request, or leaves it to the next handler by answering false. */
export type Handler = (request: IncomingMessage, response: ServerResponse, target: Target) => boolean;

export interface HttpsOptions {
  bind: string;
  port: number;
  certificates: Certificates;
  /** PEM of authorities whose certificates devices may show. */
  trustedCas: readonly string[];
  /** Asked before anybody else. */
  judge: Judge;
  /** Asked in turn. */
  handlers: Handler[];
  /** What is spoken over WebSocket. */
  subprotocols: readonly Subprotocol[];
}

/** How long a connection may idle, in milliseconds. */
const keepAliveMs = 60_000;

/** Starts the door over HTTPS: the service API, the topics, `/health`, and devices over WebSocket. */
export function startHttps({
  bind,
  port,
  certificates,
  trustedCas,
  judge,
  handlers,
  subprotocols,
}: HttpsOptions): Promise<Listening> {
  const { cert, key } = certificates;
  // Whether a certificate is good enough is decided where a device signs in.
  const asking = { requestCert: true, rejectUnauthorized: false, ca: [...trustedCas] };
  const server = createServer({ cert, key, ...asking, handshakeTimeout: patienceMs }, (request, response) => {
    const refusal = judge(request);
    if (refusal) return send(response, { status: refusal.status, body: { message: refusal.message } });
    const target = readTarget(request);
    if (!handlers.some((handle) => handle(request, response, target))) response.writeHead(404).end();
  });
  // Node's five seconds end a connection now and then just when its client sends the next request.
  server.keepAliveTimeout = keepAliveMs;
  serveWebSockets(server, judge, subprotocols);
  return listen(() => server.listen(port, bind), `service API (--port ${port})`);
}

/** `GET /health` answers 200 once there is somebody to answer it. */
export const health: Handler = ({ method, url }, response) => {
  const asked = url === '/health' && (method === 'GET' || method === 'HEAD');
  if (asked) response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  return asked;
};
