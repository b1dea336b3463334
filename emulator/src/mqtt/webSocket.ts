import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { type ClientCertificate, clientCertificate } from '../security/clientCertificate';
import type { Judge, Refusal } from '../wire/callers';
import { readTarget } from '../wire/target';
import { maxPacketBytes } from './connection';

/** Where devices speak over WebSockets, whatever the protocol inside. */
const path = '/$iothub/websocket';

const subprotocol = 'mqtt';

/** Takes a device that dialled; the certificate is what it showed in the TLS handshake. */
export type Accept = (stream: Duplex, certificate: () => ClientCertificate | undefined) => void;

/**
 * Takes MQTT over WebSocket on a server of HTTP requests. AMQP over WebSocket and upgrades to anything else are answered
 * with 501.
 */
export function serveWebSockets(server: Server, judge: Judge, accept: Accept): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxPacketBytes,
    handleProtocols: () => subprotocol,
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = judge(request) ?? refusalOf(request);
    if (refusal) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // [MQTT-6.0.0-1]
      webSocket.on('message', (_, isBinary) => {
        if (!isBinary) webSocket.terminate();
      });
      accept(createWebSocketStream(webSocket), () => clientCertificate(request.socket as TLSSocket));
    });
  });
}

function refusalOf(request: IncomingMessage): Refusal | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (isPath(readTarget(request).path) && protocols.includes(subprotocol)) return undefined;
  const isAmqp = protocols.some((name) => /^amqp/i.test(name));
  const message = isAmqp
    ? 'This emulator does not serve AMQP over WebSocket.'
    : `This emulator upgrades to WebSocket at ${path} with the subprotocol ${subprotocol}, and to nothing else.`;
  return { status: 501, message };
}

function isPath(text: string): boolean {
  try {
    return decodeURIComponent(text) === path;
  } catch {
    return false;
  }
}

function refuse(socket: Duplex, { status, message }: Refusal): void {
  // Node hands the socket over bare: a peer that resets it would end the process.
  socket.on('error', () => socket.destroy());
  const length = Buffer.byteLength(message);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'content-type: text/plain', `content-length: ${length}`];
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${message}`, () => socket.destroy());
}
