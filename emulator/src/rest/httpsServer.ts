import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type Listening, listen } from '../listen';
import type { Certificates } from '../state/certificates';

/** Takes a request, or leaves it to the next handler by answering false. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface HttpsOptions {
  bind: string;
  port: number;
  certificates: Certificates;
  /** Asked in turn. */
  handlers: Handler[];
}

/** Starts the door over HTTPS: the service API, the topics, `/health`. */
export function startHttps({ bind, port, certificates: { cert, key }, handlers }: HttpsOptions): Promise<Listening> {
  const server = createServer({ cert, key }, (request, response) => {
    if (!handlers.some((handle) => handle(request, response))) response.writeHead(404).end();
  });
  // MQTT over WebSocket is not served yet: say so, where Node would just hang up.
  server.on('upgrade', (_, socket) => {
    // Node hands the socket over bare: a peer that resets it would end the process.
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\n\r\n', () => socket.destroy());
  });
  return listen(() => server.listen(port, bind), `service API (--port ${port})`);
}

/** `GET /health` answers 200 once there is somebody to answer it. */
export const health: Handler = ({ method, url }, response) => {
  const asked = url === '/health' && (method === 'GET' || method === 'HEAD');
  if (asked) response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  return asked;
};
