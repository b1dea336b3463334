import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Received {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What an app answers; `cut` ends the connection in the midst of the answer, `hang` never answers. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
  | 'cut'
  | 'hang';

/** An app of the test's making: `answer` is asked for every request. */
export async function startScriptedApp(answer: (request: Received) => Reply) {
  const received: Received[] = [];
  const server = createServer(async (message, response) => {
    const pieces: Buffer[] = await message.toArray();
    const request = {
      method: message.method ?? '',
      url: new URL(message.url ?? '', 'http://localhost'),
      headers: message.headers,
      body: Buffer.concat(pieces).toString(),
    };
    received.push(request);
    send(answer(request), response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(reply: Reply, response: ServerResponse): void {
  if (reply === 'hang') return;
  if (reply === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
    return;
  }
  const { status = 200, headers, json, text } = reply;
  response.writeHead(status, headers);
  response.end(json === undefined ? text : JSON.stringify(json));
}
