import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { type ClientCertificate, clientCertificate } from '../security/clientCertificate';
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
export function serveWebSockets(server: Server, accept: Accept): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxPacketBytes,
    handleProtocols: () => subprotocol,
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // [MQTT-6.0.0-1]
      webSocket.on('message', (_, isBinary) => {
        if (!isBinary) webSocket.terminate();
      });
      accept(createWebSocketStream(webSocket), () => clientCertificate(request.socket as TLSSocket));
    });
  });
}

function refusalOf(request: IncomingMessage): string | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (isPath(readTarget(request).path) && protocols.includes(subprotocol)) return undefined;
  if (protocols.some((name) => /^amqp/i.test(name))) return 'This emulator does not serve AMQP over WebSocket.';
  return `This emulator upgrades to WebSocket at ${path} with the subprotocol ${subprotocol}, and to nothing else.`;
}

function isPath(text: string): boolean {
  try {
    return decodeURIComponent(text) === path;
  } catch {
    return false;
  }
}

function refuse(socket: Duplex, text: string): void {
  // Node hands the socket over bare: a peer that resets it would end the process.
  socket.on('error', () => socket.destroy());
  const head = ['HTTP/1.1 501 Not Implemented', 'content-type: text/plain', `content-length: ${text.length}`];
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${text}`, () => socket.destroy());
}
