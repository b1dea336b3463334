import { once } from 'node:events';
import rhea, {
  type Connection,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
  type Session,
  type Typed,
} from 'rhea';
import { parseConnectionString, signSas } from './sas';

/** Reads values of AMQP, with their types. */
interface ValueReader {
  remaining(): number;
  read(): Typed;
}

const { Reader } = rhea.types as unknown as { Reader: new (bytes: Buffer) => ValueReader };

/** Opens a connection that has proved nothing yet. */
export async function open(port: number, username = 'anonymous'): Promise<Connection> {
  const connection = rhea.create_container().connect({ port, username, reconnect: false });
  connection.on('disconnected', () => {});
  await once(connection, 'connection_open');
  return connection;
}

/** A token of the policy that a connection string names. */
export function tokenOf(connectionString: string): string {
  const { SharedAccessKey = '', SharedAccessKeyName: policy = '' } = parseConnectionString(connectionString);
  return signSas({ key: Buffer.from(SharedAccessKey).toString('base64'), policy });
}

/** A request that proves over `$cbs` that its sender has the key. */
export function putToken(connectionString: string): Message {
  return { message_id: 1, application_properties: { operation: 'put-token' }, body: tokenOf(connectionString) };
}

/** Opens a connection, and proves over `$cbs` that it has the key. */
export async function openAuthorized(port: number, connectionString: string): Promise<Connection> {
  const connection = await open(port);
  await ask(connection, '$cbs', putToken(connectionString));
  return connection;
}

/** Sends a request to a node; its answer comes to a receiver of the same node. */
export async function ask(connection: Connection, node: string, request: Message): Promise<EventContext> {
  const answers = connection.open_receiver({ source: node, target: 'answers' });
  const sender = connection.open_sender(node);
  sender.send({ reply_to: 'answers', ...request });
  const [context] = await once(answers, 'message');
  answers.close();
  sender.close();
  return context;
}

/** Sends the bytes of a message or batch; rejects with the condition by which they are refused. */
export async function send(sender: Sender, bytes: Buffer, format: number): Promise<void> {
  sender.send(bytes, undefined, format);
  const ended = new AbortController();
  const outcomes = ['accepted', 'rejected'].map((name) => once(sender, name, { signal: ended.signal }));
  const [{ delivery }] = await Promise.race(outcomes);
  ended.abort();
  if (delivery.remote_state.error) throw delivery.remote_state.error.condition;
}

/** Tells the condition by which a link is refused. */
export async function refusal(link: Receiver | Sender): Promise<unknown> {
  await once(link, link.is_receiver() ? 'receiver_close' : 'sender_close');
  return link.error && 'condition' in link.error && link.error.condition;
}

/** The fields of a frame in their order, with the types that they had on the wire. */
export function fieldsOf(end: unknown, frame: 'open' | 'begin' | 'attach'): Typed[] {
  return (end as { remote: Record<string, { value: Typed[] }> }).remote[frame]?.value ?? [];
}

/** Counts the fields of the frames that come over a connection, by the frames' names. */
export function countFields(connection: Connection): Map<string, Set<number>> {
  const counts = new Map<string, Set<number>>();
  const handlers = connection as unknown as Record<string, (frame: { performative: { value: unknown[] } }) => void>;
  for (const name of ['flow', 'transfer', 'disposition', 'detach', 'end', 'close']) {
    const handle = handlers[`on_${name}`];
    handlers[`on_${name}`] = (frame) => {
      counts.set(name, (counts.get(name) ?? new Set()).add(frame.performative.value.length));
      handle?.call(connection, frame);
    };
  }
  return counts;
}

/** Has the messages that come in a session handed out as the bytes that came; rhea decodes those of format 0. */
export function keepBytes(session: Session): Session {
  const internals = session as unknown as { on_transfer(frame: { performative: { message_format: unknown } }): void };
  const { on_transfer } = internals;
  internals.on_transfer = (frame) => {
    if (frame.performative.message_format === 0) frame.performative.message_format = 1;
    on_transfer.call(session, frame);
  };
  return session;
}

/** The values of a message's application properties, with the types that they had on the wire. */
export function typedProperties(message: Buffer): Record<string, Typed> {
  const reader = new Reader(message);
  while (reader.remaining() > 0) {
    const section = reader.read();
    if (section.descriptor?.value !== 0x74) continue;
    const values: Typed[] = section.value;
    return Object.fromEntries(values.flatMap((key, index) => (index % 2 ? [] : [[key.value, values[index + 1]]])));
  }
  return {};
}
