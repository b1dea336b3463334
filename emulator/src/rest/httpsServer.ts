import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { listen } from '../listen';
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
export async function startHttps({ bind, port, certificates: { cert, key }, handlers }: HttpsOptions) {
  const server = createServer({ cert, key }, (request, response) => {
    if (!handlers.some((handle) => handle(request, response))) response.writeHead(404).end();
  });
  // MQTT over WebSocket is not served yet: say so, where Node would just hang up.
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\n\r\n'));
  await listen(() => server.listen(port, bind), `service API (--port ${port})`);
  return {
    port: (server.address() as AddressInfo).port,
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `GET /health` answers 200 once there is somebody to answer it. */
export const health: Handler = ({ method, url }, response) => {
  const asked = url === '/health' && (method === 'GET' || method === 'HEAD');
  if (asked) response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  return asked;
};
