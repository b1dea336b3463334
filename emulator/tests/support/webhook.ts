import { EventEmitter, on, once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request that a webhook got. */
export interface Delivered {
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A webhook on a free port; what it answers may be changed. */
export interface Webhook {
  url: string;
  /** Of deliveries. */
  status: number;
  /** Whether it consents to be sent events. */
  consents: boolean;
  /** Handshakes so far. */
  asked: number;
  /** The next delivery. */
  next(): Promise<Delivered>;
  stop(): void;
}

export async function startWebhook(): Promise<Webhook> {
  const told = new EventEmitter();
  const deliveries = on(told, 'delivery');
  const server = createServer(async (request, response) => {
    const { method, headers } = request;
    if (method === 'OPTIONS') {
      webhook.asked++;
      response.writeHead(200, webhook.consents ? { 'webhook-allowed-origin': '*' } : {}).end();
      return;
    }
    const body = await json(request);
    if (headers['aeg-event-type'] === 'SubscriptionValidation') {
      webhook.asked++;
      const [{ data }] = body as [{ data: { validationCode: string } }];
      const answer = webhook.consents ? { validationResponse: data.validationCode } : {};
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    response.writeHead(webhook.status).end();
    told.emit('delivery', { headers, body });
  });
  await once(server.listen(0, 'localhost'), 'listening');
  const webhook: Webhook = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/events`,
    status: 200,
    consents: true,
    asked: 0,
    next: async () => ((await deliveries.next()).value as [Delivered])[0],
    stop: () => server.close().closeAllConnections(),
  };
  return webhook;
}
