import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, Agent as HttpsAgent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCertificate } from '../app/scriptedHub';

/** What happens to a request on its way. */
export type Trouble =
  /** It comes late. */
  | { kind: 'slow'; ms: number }
  /** It is refused, and nothing is done. */
  | { kind: 'status'; status: number; code: string }
  /** The connection ends before anything is done, or after it was. */
  | { kind: 'cut'; when: 'before' | 'after' };

/** A door before a hub. */
export interface TroubledHub {
  port: number;
  ca: string;
  /** How often each kind of trouble struck. */
  struck: Map<string, number>;
  stop(): Promise<void>;
}

/** Stands before a hub, hands requests on, and lets some meet trouble. */
export async function startTroubledHub(
  hub: { port: number; ca: string },
  choose: (request: IncomingMessage) => Trouble | undefined,
): Promise<TroubledHub> {
  const { cert, key } = await createCertificate();
  const agent = new HttpsAgent({ keepAlive: true, ca: hub.ca });
  const struck = new Map<string, number>();
  const server = createServer({ cert, key }, async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const trouble = choose(incoming);
    if (trouble) struck.set(nameOf(trouble), (struck.get(nameOf(trouble)) ?? 0) + 1);
    if (trouble?.kind === 'slow') await sleep(trouble.ms);
    if (trouble?.kind === 'status') return refuse(outgoing, trouble);
    if (trouble?.kind === 'cut' && trouble.when === 'before') return void incoming.socket.destroy();
    // A connection to the hub that ends is trouble like any other.
    const reply = await forward(incoming, body).catch(() => undefined);
    if (!reply || trouble?.kind === 'cut') return void incoming.socket.destroy();
    outgoing.writeHead(reply.status, reply.headers).end(reply.body);
  });

  function forward({ method, url, headers }: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
      const options = { host: 'localhost', port: hub.port, path: url, method, headers, agent };
      const forwarded = request(options, (reply) => {
        buffer(reply).then(
          (answer) => resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: answer }),
          reject,
        );
      });
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ca: cert,
    struck,
    async stop() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function nameOf(trouble: Trouble): string {
  if (trouble.kind === 'cut') return `cut ${trouble.when}`;
  return trouble.kind === 'status' ? String(trouble.status) : trouble.kind;
}

function refuse(outgoing: ServerResponse, { status, code }: { status: number; code: string }): void {
  outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  outgoing.end(JSON.stringify({ Message: `ErrorCode:${code};trouble`, ExceptionMessage: '' }));
}
