import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Judge, Refusal } from './callers';
import { readTarget } from './target';

/** Where clients speak over WebSockets, whatever the protocol inside. */
const path = '/$iothub/websocket';

/** A protocol that is spoken over WebSockets. */
export interface Subprotocol {
  name: string;
  /** Longest message, in bytes. */
  maxPayload: number;
  /** Takes a client that dialled, by the socket beneath. */
  accept(stream: Duplex, socket: TLSSocket): void;
}

/** Takes protocols over WebSocket on a server of HTTPS requests. Upgrades to anything else are answered with 501. */
export function serveWebSockets(server: Server, judge: Judge, subprotocols: readonly Subprotocol[]): void {
  const doors = subprotocols.map((subprotocol) => {
    const { name, maxPayload } = subprotocol;
    const options = { noServer: true, perMessageDeflate: false, maxPayload, handleProtocols: () => name };
    return { subprotocol, sockets: new WebSocketServer(options) };
  });
  server.on('upgrade', (request, socket, head) => {
    const wanted = protocolsOf(request);
    const door = isPath(readTarget(request).path)
      ? doors.find(({ subprotocol }) => wanted.includes(subprotocol.name))
      : undefined;
    const refusal = judge(request) ?? (door ? undefined : notServed(subprotocols));
    if (refusal) return refuse(socket, refusal);
    door?.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // [MQTT-6.0.0-1], and AMQP over WebSocket (OASIS), 2.1.
      webSocket.on('message', (_, isBinary) => {
        if (!isBinary) webSocket.terminate();
      });
      door.subprotocol.accept(createWebSocketStream(webSocket), request.socket as TLSSocket);
    });
  });
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function notServed(subprotocols: readonly Subprotocol[]): Refusal {
  const names = subprotocols.map(({ name }) => name).join(' or ');
  const message = `This emulator upgrades to WebSocket at ${path} with the subprotocol ${names}, and to nothing else.`;
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
