import { once } from 'node:events';
import { connect as connectTls, type SecureContextOptions } from 'node:tls';
import type { IotHub } from 'iot-hub-emulator';
import rhea, {
  type Connection,
  type EventContext,
  type Message,
  type Receiver,
  type ReceiverOptions,
  type Sender,
} from 'rhea';
import { ask } from './amqpClient';
import { tokenOf } from './mqttPeer';
import { keyOf, signSas } from './sas';

/** Opens a connection to the hub that has proved nothing yet: bare AMQP, as Node's clients, or with SASL before it. */
export async function openHub(
  hub: IotHub,
  options: Record<string, unknown> = {},
  shown: Pick<SecureContextOptions, 'cert' | 'key'> = {},
): Promise<Connection> {
  const { amqps: port = 0 } = hub.ports;
  const dial = (_port: number, _host: string, _options: object, done: () => void) =>
    connectTls({ host: 'localhost', port, ca: hub.caCertificate, ...shown }, done);
  const details = () => ({ host: 'localhost', port, connect: dial });
  const connection = rhea
    .create_container()
    .connect({ reconnect: false, connection_details: details, ...options } as never);
  connection.on('disconnected', () => {});
  connection.on('connection_error', () => {});
  await Promise.race([
    once(connection, 'connection_open'),
    once(connection, 'connection_error'),
    once(connection, 'disconnected'),
  ]);
  return connection;
}

/** Puts a token; tells the answer's status. */
export async function putToken(
  connection: Connection,
  token: string,
  type = 'servicebus.windows.net:sastoken',
): Promise<number> {
  const properties = { operation: 'put-token', type, name: 'whatever' };
  const { message } = await ask(connection, '$cbs', {
    message_id: 'put',
    application_properties: properties,
    body: token,
  });
  return message?.application_properties?.['status-code'];
}

/** A connection on which devices have proved who they are. */
export async function openDevices(hub: IotHub, ...ids: string[]): Promise<Connection> {
  const connection = await openHub(hub);
  for (const id of ids) expect(await putToken(connection, tokenOf(hub, id))).toBe(200);
  return connection;
}

/** A connection on which a service has proved its policy. */
export async function openService(hub: IotHub, policy = 'service'): Promise<Connection> {
  const connection = await openHub(hub);
  const token = signSas({ key: keyOf(hub.connectionString(policy)), policy });
  expect(await putToken(connection, token)).toBe(200);
  return connection;
}

/** Sends a message, and tells the condition by which it is refused, if it is. */
export async function outcomeOf(sender: Sender, message: Message): Promise<string> {
  sender.send(message);
  const [{ delivery }] = (await Promise.race([once(sender, 'accepted'), once(sender, 'rejected')])) as [EventContext];
  return (delivery?.remote_state as { error?: { condition: string } } | undefined)?.error?.condition ?? 'accepted';
}

/** Sends a message of a service to a device. */
export async function sendTo(connection: Connection, to: string, message: Partial<Message> = {}): Promise<string> {
  const sender = connection.open_sender('/messages/devicebound');
  const outcome = await outcomeOf(sender, {
    to,
    body: rhea.message.data_section(Buffer.from('do it')),
    ...message,
  } as Message);
  sender.close();
  return outcome;
}

/** Opens a link to receive on whose messages are settled by hand. */
export function openReceiver(connection: Connection, source: string, options: Partial<ReceiverOptions> = {}): Receiver {
  return connection.open_receiver({ source, autoaccept: false, ...options } as ReceiverOptions);
}

/** The condition by which a link is refused or ended. */
export async function endOf(link: Receiver | Sender): Promise<unknown> {
  await once(link, link.is_receiver() ? 'receiver_close' : 'sender_close');
  return (link.error as { condition?: string } | undefined)?.condition;
}

export async function next(receiver: Receiver): Promise<EventContext> {
  return (await once(receiver, 'message'))[0];
}
