import rhea, { type EventContext } from 'rhea';
import { type Listening, listen } from '../../wire/listen';
import type { EventHub } from '../eventHub';
import { Endpoint } from './endpoint';
import { maxMessageBytes } from './producer';
import { allowLateDetach, completeBegin, keepBytes, writeAllFields } from './rheaInternals';
import { SaslPlain } from './saslPlain';

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

/** Starts the Event Hubs endpoint: AMQP 1.0 over plain TCP, as the official Event Hubs emulator, or over TLS. */
export function startAmqp({ hubs, key, bind, port, tls, log }: AmqpOptions): Promise<Listening> {
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
  const endpoint = new Endpoint(hubs, key);
  container.on('connection_open', ({ connection }) => {
    writeAllFields(connection);
    allowLateDetach(connection);
  });
  container.on('session_open', ({ session }) => {
    completeBegin(session);
    keepBytes(session);
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
  for (const event of ['protocol_error', 'error']) container.on(event, (error) => log(`AMQP: ${error}`));

  return listen(
    () => container.listen({ port, host: bind, ...open, ...(tls ? { transport: 'tls' as const, ...tls } : {}) }),
    `Event Hubs (--amqp-port ${port})`,
  );
}

/** Whether a peer has gone without a word, as uamqp does. */
function isDeparture(error: object): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}
