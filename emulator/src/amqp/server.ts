import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea';
import { type ClientCertificate, clientCertificate } from '../security/clientCertificate';
import { type Listening, listen } from '../wire/listen';
import { Lobby, patienceMs } from '../wire/lobby';
import { Endpoint } from './endpoint';
import { limitDeliveries, limitFrames } from './frameLimits';
import type { NodeFamily } from './node';
import { Peer } from './peer';
import { allowLateDetach, completeBegin, keepBytes, writeAllFields } from './rheaInternals';
import { SaslExternal, SaslPlain } from './sasl';

/** What a server serves. */
export interface AmqpServerOptions {
  /** Asked in turn. */
  families: readonly NodeFamily[];
  log: (line: string) => void;
}

/** Where AMQP is listened for. */
export interface AmqpAddress {
  bind: string;
  port: number;
  /** Of the door, where it speaks TLS. */
  tls: { key: string; cert: string; ca: readonly string[] } | undefined;
  /** The door, in words and with the option of its port. */
  what: string;
}

/** Takes a client that dialled, and may show a certificate. */
type Accept = (stream: Duplex, certificate?: () => ClientCertificate | undefined) => void;

/** The answer to the opening of a connection, in the numbers of Event Hubs. */
const open = { max_frame_size: 64 * 1024, channel_max: 4999 };

/** Largest message or batch, in bytes (Event Hubs, Standard tier); of a hub less. */
export const maxMessageBytes = 1024 * 1024;

/** What a connection may send before it has signed in, in bytes: a token takes a few thousand. */
const maxStrangerBytes = 256 * 1024;

/** How often the door looks for those whose time is over, in milliseconds. */
const sweepMs = 1000;

/** A server of AMQP 1.0, whatever carries it. */
export class AmqpServer {
  readonly #container: ReturnType<typeof rhea.create_container>;
  readonly #certificates = new WeakMap<Connection, () => ClientCertificate | undefined>();
  readonly #lobby = new Lobby<Connection>((connection, reason) => streamOf(connection).destroy(reason));
  readonly #endpoint: Endpoint;
  readonly #streams = new Set<Duplex>();
  readonly #sweeper = setInterval(() => this.#lobby.sweep(), sweepMs).unref();

  constructor({ families, log }: AmqpServerOptions) {
    const container = rhea.create_container({
      id: 'iot-hub-emulator',
      // Python takes no null for the properties of a link.
      sender_options: { properties: {} },
      // Credit is for links that were not refused.
      receiver_options: { credit_window: 0, autoaccept: false, max_message_size: maxMessageBytes, properties: {} },
    });
    this.#container = container;
    container.sasl_server_mechanisms.enable_anonymous();
    Object.assign(container.sasl_server_mechanisms, {
      // What some SDKs call the anonymous mechanism that comes before claims-based security.
      MSSBCBS: container.sasl_server_mechanisms.ANONYMOUS,
      PLAIN: () => new SaslPlain(({ user, password }) => families.some((each) => each.signIn(user, password))),
      EXTERNAL: () => new SaslExternal(),
    });
    const endpoint = new Endpoint(families, (connection) => this.#newPeer(connection));
    this.#endpoint = endpoint;
    container.on('connection_open', (context) => {
      writeAllFields(context.connection);
      allowLateDetach(context.connection);
      endpoint.open(context);
    });
    container.on('session_open', ({ session }) => {
      completeBegin(session);
      keepBytes(session);
      limitDeliveries(session, maxMessageBytes);
    });
    container.on('sender_open', (context) => endpoint.openSender(context));
    container.on('receiver_open', (context) => endpoint.openReceiver(context));
    container.on('message', (context) => endpoint.receive(context));
    for (const event of ['sender_close', 'receiver_close', 'session_close', 'connection_close', 'disconnected']) {
      container.on(event, (context) => endpoint.close(context));
    }
    // Peers come and go, and what one breaks is its own connection. Without these listeners an error would be thrown.
    for (const event of ['disconnected', 'connection_error', 'session_error', 'sender_error', 'receiver_error']) {
      container.on(event, ({ error }: EventContext) => error && !isDeparture(error) && log(`AMQP: ${error}`));
    }
  }

  /** Listens over plain TCP, as the official Event Hubs emulator, or over TLS. */
  async listen({ bind, port, tls, what }: AmqpAddress): Promise<Listening> {
    // Whether a certificate is good enough is decided where a device signs in.
    const asking = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: patienceMs, noDelay: true };
    const server = tls
      ? createTlsServer({ ...tls, ca: [...tls.ca], ...asking }, (socket) =>
          this.accept(socket, () => clientCertificate(socket)),
        )
      : createServer((socket) => this.accept(socket));
    return listen(() => server.listen(port, bind), what);
  }

  /** Takes a client that dialled. */
  readonly accept: Accept = (stream, certificate = () => undefined) => {
    const connection = this.#container.create_connection(open as ConnectionOptions);
    this.#certificates.set(connection, certificate);
    this.#streams.add(stream);
    let received = 0;
    const count = (bytes: Buffer) => {
      received += bytes.length;
      if (!this.#lobby.has(connection)) stream.off('data', count);
      else if (received > maxStrangerBytes)
        stream.destroy(new Error(`it sent more than ${maxStrangerBytes} bytes, and has not signed in`));
    };
    stream.on('data', count);
    stream.once('close', () => {
      this.#lobby.leave(connection);
      this.#streams.delete(stream);
      // rhea is told of an end, and not of a connection that was broken off.
      this.#endpoint.close({ connection });
    });
    // rhea would only end its own half, and read on from where it does not know.
    for (const event of ['protocol_error', 'error']) connection.on(event, (error: Error) => stream.destroy(error));
    (connection as unknown as { accept(stream: Duplex): void }).accept(stream);
    limitFrames(connection, open.max_frame_size);
    this.#lobby.enter(connection);
  };

  /** Ends every connection. */
  stop(): void {
    clearInterval(this.#sweeper);
    for (const stream of this.#streams) stream.destroy();
  }

  #newPeer(connection: Connection): Peer {
    const certificate = this.#certificates.get(connection) ?? (() => undefined);
    return new Peer(connection, certificate, () => this.#lobby.leave(connection));
  }
}

function streamOf(connection: Connection): Socket {
  return (connection as unknown as { socket: Socket }).socket;
}

/** Whether a peer has gone without a word, as uamqp does. */
function isDeparture(error: object): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}
