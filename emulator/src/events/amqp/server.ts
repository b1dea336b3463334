import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea';
import { type Listening, listen } from '../../wire/listen';
import { Lobby, patienceMs } from '../../wire/lobby';
import type { EventHub } from '../eventHub';
import { Endpoint } from './endpoint';
import { limitDeliveries, limitFrames } from './frameLimits';
import { maxMessageBytes } from './producer';
import { allowLateDetach, completeBegin, keepBytes, writeAllFields } from './rheaInternals';
import { provedByPlain, SaslPlain } from './saslPlain';

export interface AmqpOptions {
  hubs: ReadonlyMap<string, EventHub>;
  /** Key of the namespace's policy. */
  key: string;
  bind: string;
  port: number;
  /** Of the door, where it speaks TLS. */
  tls: { key: string; cert: string } | undefined;
  log: (line: string) => void;
}

/** The answer to the opening of a connection, in the numbers of Event Hubs. */
const open = { max_frame_size: 64 * 1024, channel_max: 4999 };

/** What a connection may send before it has signed in, in bytes: a token takes a few thousand. */
const maxStrangerBytes = 256 * 1024;

/** How often the door looks for those whose time is over, in milliseconds. */
const sweepMs = 1000;

/** Starts the Event Hubs endpoint: AMQP 1.0 over plain TCP, as the official Event Hubs emulator, or over TLS. */
export async function startAmqp({ hubs, key, bind, port, tls, log }: AmqpOptions): Promise<Listening> {
  const container = rhea.create_container({
    id: 'iot-hub-emulator',
    // Python takes no null for the properties of a link.
    sender_options: { properties: {} },
    // Credit is for links that were not refused.
    receiver_options: { credit_window: 0, autoaccept: false, max_message_size: maxMessageBytes, properties: {} },
  });
  container.sasl_server_mechanisms.enable_anonymous();
  // What some SDKs call the anonymous mechanism that comes before claims-based security.
  container.sasl_server_mechanisms.MSSBCBS = container.sasl_server_mechanisms.ANONYMOUS;
  Object.assign(container.sasl_server_mechanisms, { PLAIN: () => new SaslPlain(key) });
  const lobby = new Lobby<Connection>((connection, reason) => socketOf(connection).destroy(reason));
  const endpoint = new Endpoint(hubs, key, (connection) => lobby.leave(connection));
  container.on('connection_open', ({ connection }) => {
    if (provedByPlain(connection)) lobby.leave(connection);
    writeAllFields(connection);
    allowLateDetach(connection);
  });
  container.on('session_open', ({ session }) => {
    completeBegin(session);
    keepBytes(session);
    limitDeliveries(session, maxMessageBytes);
  });
  container.on('sender_open', (context) => endpoint.openConsumer(context));
  container.on('receiver_open', (context) => endpoint.openProducer(context));
  container.on('message', (context) => endpoint.receive(context));
  for (const event of ['sender_close', 'session_close', 'connection_close', 'disconnected']) {
    container.on(event, (context) => endpoint.close(context));
  }
  // Peers come and go, and what one breaks is its own connection. Without these listeners an error would be thrown.
  for (const event of ['disconnected', 'connection_error', 'session_error', 'sender_error', 'receiver_error']) {
    container.on(event, ({ error }: EventContext) => error && !isDeparture(error) && log(`AMQP: ${error}`));
  }
  const accept = (socket: Socket) => take(container.create_connection(open as ConnectionOptions), socket, lobby);
  const server = tls ? createTlsServer({ ...tls, handshakeTimeout: patienceMs }, accept) : createServer(accept);
  const listening = await listen(() => server.listen(port, bind), `Event Hubs (--amqp-port ${port})`);
  const sweeper = setInterval(() => lobby.sweep(), sweepMs).unref();
  return {
    ...listening,
    stop() {
      clearInterval(sweeper);
      return listening.stop();
    },
  };
}

/** Takes a client that dialled. */
function take(connection: Connection, socket: Socket, lobby: Lobby<Connection>): void {
  let received = 0;
  const count = (bytes: Buffer) => {
    received += bytes.length;
    if (!lobby.has(connection)) socket.off('data', count);
    else if (received > maxStrangerBytes)
      socket.destroy(new Error(`it sent more than ${maxStrangerBytes} bytes, and has not signed in`));
  };
  socket.on('data', count);
  socket.once('close', () => lobby.leave(connection));
  // rhea would only end its own half, and read on from where it does not know.
  for (const event of ['protocol_error', 'error']) connection.on(event, (error: Error) => socket.destroy(error));
  (connection as unknown as { accept(socket: Socket): void }).accept(socket);
  limitFrames(connection, open.max_frame_size);
  lobby.enter(connection);
}

function socketOf(connection: Connection): Socket {
  return (connection as unknown as { socket: Socket }).socket;
}

/** Whether a peer has gone without a word, as uamqp does. */
function isDeparture(error: object): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}
