import { once } from 'node:events';
import fc from 'fast-check';
import rhea, { type Connection, type Receiver, type Sender } from 'rhea';
import { keepBytes, openAuthorized, send } from './support/amqpClient';
import { joined, messages } from './support/amqpMessages';
import { startEmulator, type TestEmulator } from './support/emulator';

/** Format of a message that is a batch (Event Hubs). */
const batchFormat = 0x80013700;

const hubs = [{ name: 'hub', partitionCount: 1, retentionHours: 1, consumerGroups: [] }];
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };

let emulator: TestEmulator;
let connection: Connection;
let sender: Sender;
let receiver: Receiver;
beforeAll(async () => {
  emulator = await startEmulator({ topology });
  connection = await openAuthorized(emulator.hub.ports.amqp, emulator.hub.env.EventHubs ?? '');
  const session = keepBytes(connection.create_session());
  session.begin();
  receiver = session.open_receiver({ source: 'hub/ConsumerGroups/$Default/Partitions/0', credit_window: 0 });
  sender = connection.open_sender('hub');
  await Promise.all([once(receiver, 'receiver_open'), once(sender, 'sendable')]);
});
afterAll(async () => {
  connection.close();
  await emulator.stop();
});

/** Sends messages one by one, or as a batch; gets them back. */
async function pass(sent: Buffer[], asBatch: boolean): Promise<Buffer[]> {
  const received: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    const take = ({ message }: { message?: unknown }) => {
      if (received.push(message as Buffer) < sent.length) return;
      receiver.off('message', take);
      resolve();
    };
    receiver.on('message', take);
  });
  receiver.add_credit(sent.length);
  if (asBatch) await send(sender, rhea.message.encode({ body: rhea.message.data_sections(sent) }), batchFormat);
  else for (const bytes of sent) await send(sender, bytes, 0);
  await all;
  return received;
}

/** Cuts the message annotations out of a message that comes from the hub, behind a header that is known. */
function cut(bytes: Buffer, header: Buffer) {
  const at = header.length;
  expect(bytes.subarray(at, at + 4).toString('hex')).toBe('005372d1');
  const end = at + 8 + bytes.readUInt32BE(at + 4);
  return { header: bytes.subarray(0, at), annotations: bytes.subarray(at + 12, end), rest: bytes.subarray(end) };
}

test('what a producer sends comes back byte for byte, with annotations of the hub', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(messages, { minLength: 1, maxLength: 5 }), fc.boolean(), async (sent, asBatch) => {
      const received = await pass(sent.map(joined), asBatch);
      for (const [index, { header, messageAnnotations, rest }] of sent.entries()) {
        const parts = cut(received[index] as Buffer, header);
        expect(parts.header.equals(header)).toBe(true);
        expect(parts.rest.toString('hex')).toBe(rest.toString('hex'));
        expect(parts.annotations.includes('x-opt-sequence-number')).toBe(true);
        // The producer's own entries, as they came, stand before those of the hub.
        const own = entriesOf(messageAnnotations);
        expect(parts.annotations.subarray(0, own.length).toString('hex')).toBe(own.toString('hex'));
      }
    }),
    { numRuns: 150 },
  );
});

test('annotations of the hub replace those of its names', async () => {
  const forged = rhea.message.encode({
    message_annotations: { 'x-opt-offset': 'forged', 'x-opt-mine': rhea.types.wrap_double(5) },
    body: 'x',
  });
  const [received = Buffer.alloc(0)] = await pass([forged], false);
  const { message_annotations: annotations } = rhea.message.decode(received);
  expect(annotations).toEqual({
    'x-opt-offset': String(annotations['x-opt-sequence-number']),
    'x-opt-mine': 5,
    'x-opt-sequence-number': expect.any(Number),
    'x-opt-enqueued-time': expect.any(Date),
  });
});

test.each([
  ['a section cut off', '005377b1000000ff41'],
  ['no section', '41'],
  ['a type that does not exist', '0053773f'],
  ['an unknown section', '00539941'],
  ['sections out of order', '0053774100537045'],
  ['two bodies', '0053774100537741'],
  ['a map that says more than it has', '005374c1010400537741'],
  ['application properties that are no map', '0053744100537741'],
  ['application properties that are a list', '0053744500537741'],
  ['a key without a value', '005374c102014100537741'],
  ['a section of a code beyond a byte', '0080000000000000017741'],
])('what is no message is refused: %s', async (_, hex) => {
  await expect(send(sender, Buffer.from(hex, 'hex'), 0)).rejects.toBe('amqp:decode-error');
});

test('a message that does not tell its format is no batch', async () => {
  const message = rhea.message.encode({ body: rhea.message.data_section(Buffer.from('one')) });
  receiver.add_credit(1);
  // Of format null on the wire, as the specification has it for format 0.
  sender.send(message, undefined, null as unknown as number);
  const [{ message: received }] = await once(receiver, 'message');
  expect(rhea.message.decode(received).body.content.toString()).toBe('one');
});

/** The entries of a section that is a map. */
function entriesOf(section: Buffer): Buffer {
  if (section.length === 0) return section;
  const mapAt = section[1] === 0x80 ? 10 : 3;
  return section.subarray(mapAt + (section[mapAt] === 0xc1 ? 3 : 9));
}
