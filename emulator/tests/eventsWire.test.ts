import { on, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import rhea, { type Connection, type EventContext, type Message, type ReceiverOptions } from 'rhea';
import { openAuthorized as openProved, open as openUnproved, refusal as refusalOf } from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents, send } from './support/eventHubs';

const names = ['single', 'long', 'garbage', 'text', 'mixed', 'credit', 'backlog', 'closed', 'cut'];
const hubs = names.map((name) => ({ name, partitionCount: 1, retentionHours: 1, consumerGroups: [] }));
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };

/** Format of a message that is a batch (Event Hubs). */
const batchFormat = 0x80013700;

let emulator: TestEmulator;
let connectionString: string;
beforeAll(async () => {
  emulator = await startEmulator({ topology });
  connectionString = emulator.hub.env.EventHubs ?? '';
});
afterAll(() => emulator.stop());

const partition = (eventHub: string) => `${eventHub}/ConsumerGroups/$Default/Partitions/0`;

const open = () => openUnproved(emulator.hub.ports.amqp);
const openAuthorized = () => openProved(emulator.hub.ports.amqp, connectionString);

/** Sends a message, or the bytes of a batch; tells the condition by which it was refused, if it was. */
async function transfer(connection: Connection, eventHub: string, message: Message | Buffer): Promise<unknown> {
  const sender = connection.open_sender(eventHub);
  sender.send(message, undefined, Buffer.isBuffer(message) ? batchFormat : undefined);
  const [context] = await Promise.race([once(sender, 'accepted'), once(sender, 'rejected')]);
  sender.close();
  return context.delivery.remote_state.error?.condition;
}

/** Opens a receiver that gives credit by hand; takes the bodies of the next messages. */
function reader(connection: Connection, eventHub: string, ownerLevel?: unknown) {
  const properties = ownerLevel === undefined ? {} : { 'com.microsoft:epoch': ownerLevel };
  const receiver = connection.open_receiver({ source: partition(eventHub), credit_window: 0, properties });
  const messages: AsyncIterator<EventContext[]> = on(receiver, 'message');
  return {
    receiver,
    async take(count: number): Promise<unknown[]> {
      const bodies: unknown[] = [];
      while (bodies.length < count) bodies.push((await messages.next()).value[0].message.body.content.toString());
      return bodies;
    },
  };
}

/** Tells the condition by which a receiver is refused. */
const refusal = (connection: Connection, options: ReceiverOptions) => refusalOf(connection.open_receiver(options));

function batch(...encoded: Buffer[]): Buffer {
  return rhea.message.encode({ body: rhea.message.data_sections(encoded) });
}

describe('a producer', () => {
  test('may send a message that is no batch', async () => {
    const connection = await openAuthorized();
    const message = { body: 'one', application_properties: { unit: 'mm' } };
    expect(await transfer(connection, 'single', message)).toBeUndefined();
    connection.close();
    const [event] = await readEvents({ connectionString, eventHub: 'single', count: 1 });
    expect(event).toMatchObject({ body: 'one', properties: { unit: 'mm' } });
  });

  test.each<[string, Message | Buffer, string]>([
    ['long', { body: 'x'.repeat(1024 * 1024) }, 'amqp:link:message-size-exceeded'],
    ['garbage', Buffer.from('garbage'), 'amqp:decode-error'],
    ['text', rhea.message.encode({ body: 'text' }), 'amqp:decode-error'],
    ['mixed', batch(rhea.message.encode({ body: 'bad' }), Buffer.from('garbage')), 'amqp:decode-error'],
  ])('hears why what it sent is refused (%s), and may go on', async (eventHub, message, condition) => {
    const connection = await openAuthorized();
    expect(await transfer(connection, eventHub, message)).toBe(condition);
    expect(await transfer(connection, eventHub, { body: 'good' })).toBeUndefined();
    connection.close();
    const [first] = await readEvents({ connectionString, eventHub, count: 1 });
    expect(first?.body).toBe('good');
  });
});

describe('a receiver', () => {
  const source = partition('single');
  const filter = { 'apache.org:selector-filter:string': rhea.types.wrap_described('offset = 1', 0x468c00000004) };

  test('gets as many events as it gives credit for', async () => {
    await send({ connectionString, eventHub: 'credit' }, [1, 2, 3]);
    const connection = await openAuthorized();
    const { receiver, take } = reader(connection, 'credit');
    receiver.add_credit(2);
    expect(await take(2)).toEqual(['1', '2']);
    let further = 0;
    receiver.on('message', () => further++);
    // What is sent before the answer to another link comes before it.
    await once(connection.open_receiver({ source: '$management' }), 'receiver_open');
    expect(further).toBe(0);
    receiver.add_credit(1);
    expect(await take(1)).toEqual(['3']);
    connection.close();
  });

  test('with credit for all gets a backlog longer than what may be under way', async () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    await send({ connectionString, eventHub: 'backlog' }, numbers);
    const connection = await openAuthorized();
    const { receiver, take } = reader(connection, 'backlog');
    receiver.add_credit(numbers.length);
    expect(await take(numbers.length)).toEqual(numbers.map(String));
    connection.close();
  });

  test.each<[string, (connection: Connection) => unknown]>([
    ['closed', (connection) => connection.close()],
    ['cut', (connection) => (connection as unknown as { socket: Socket }).socket.destroy()],
  ])('of a connection that is %s leaves the partition to a lower owner level', async (eventHub, leave) => {
    await send({ connectionString, eventHub }, ['event']);
    const high = await openAuthorized();
    const owner = reader(high, eventHub, 5);
    owner.receiver.add_credit(1);
    await owner.take(1);
    leave(high);
    const low = await openAuthorized();
    const next = reader(low, eventHub, 1);
    next.receiver.add_credit(1);
    expect(await next.take(1)).toEqual(['"event"']);
    low.close();
  });

  test.each<[string, string, ReceiverOptions]>([
    ['no source', 'amqp:not-found', {}],
    ['a source that is no partition', 'amqp:not-found', { source: 'single' }],
    [
      'an owner level that is no number',
      'amqp:invalid-field',
      { source, properties: { 'com.microsoft:epoch': 'high' } },
    ],
    ['a filter that is no position', 'amqp:invalid-field', { source: { address: source, filter } }],
  ])('with %s is refused', async (_, condition, options) => {
    const connection = await openAuthorized();
    expect(await refusal(connection, options)).toBe(condition);
    connection.close();
  });

  test('without a token is refused', async () => {
    const connection = await open();
    expect(await refusal(connection, { source })).toBe('amqp:unauthorized-access');
    connection.close();
  });
});

test.each(['GET / HTTP/1.1\r\n\r\n', 'AMQP\0\x01\0\0\xff\xff\xff\xff\x02\0\0\0', '\0'.repeat(4096)])(
  'bytes of another protocol (%j) end their own connection alone',
  async (bytes) => {
    const connection = await openAuthorized();
    const socket = connectTcp(emulator.hub.ports.amqp, 'localhost').end(bytes, 'latin1').resume();
    await once(socket, 'close');
    expect(await refusal(connection, { source: 'nowhere' })).toBe('amqp:not-found');
    connection.close();
  },
);
