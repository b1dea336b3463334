import 'reflect-metadata';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

/** A request as the scripted hub received it. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Tells connections apart. */
  clientPort: number | undefined;
}

/** One answer of the script. */
export type Answer = (response: ServerResponse) => void;

/** An HTTPS server on a free port that answers requests by a script, one after the other. */
export interface ScriptedHub {
  port: number;
  ca: string;
  received: Received[];
  /** Answers the next requests; the last answer stays for those that follow. */
  play(...answers: Answer[]): void;
  stop(): Promise<void>;
}

/** A JSON reply. */
export function json(
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: object } = {},
): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** A failure in the shape that the hub's gateway uses. */
export function failure(status: number, code: string, headers: object = {}): Answer {
  return json({ Message: `ErrorCode:${code};told by the hub`, ExceptionMessage: 'Tracking ID:x' }, { status, headers });
}

/** No reply, and no connection any more. */
export const reset: Answer = (response) => response.socket?.destroy();

/** The beginning of a reply, and no connection any more. */
export const cutOff: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
  response.write('{"deviceId":', () => response.socket?.destroy());
};

/** No reply. */
export const silence: Answer = () => {};

export async function startScriptedHub(): Promise<ScriptedHub> {
  const { cert, key } = await createCertificate();
  const received: Received[] = [];
  let script: Answer[] = [];
  const server = createServer({ cert, key }, async (request, response) => {
    const { method = '', url = '', headers } = request;
    received.push({ method, url, headers, body: await text(request), clientPort: request.socket.remotePort });
    const answer = script.length > 1 ? script.shift() : script[0];
    answer?.(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ca: cert,
    received,
    play(...answers) {
      received.length = 0;
      script = answers;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A certificate for localhost, which is its own CA. */
export async function createCertificate(): Promise<{ cert: string; key: string }> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}
