import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import type { IotHub } from 'iot-hub-emulator';
import rhea from 'rhea';
import { isLong } from '../../tests/support/isLong';
import { startEmulator, type TestEmulator } from './support/emulator';
import { openDevices, openHub, openReceiver, outcomeOf, putToken, sendTo } from './support/hubLinks';
import { tokenOf } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';

/** Conversations, of about ten frames each: `npm run test:long` sends 100,000 frames. */
const conversations = isLong ? 10_000 : 100;

let emulator: TestEmulator;
let hub: IotHub;
let frames: Buffer[];
beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1'] });
  ({ hub } = emulator);
  frames = await record();
});
afterAll(() => emulator.stop());

/** The frames of a conversation that goes well: a device and a service that do what there is to do. */
async function record(): Promise<Buffer[]> {
  const written: Buffer[] = [];
  const { amqps: port = 0 } = hub.ports;
  const dial = (_port: number, _host: string, _options: object, done: () => void) => {
    const socket = connectTls({ host: 'localhost', port, ca: hub.caCertificate }, done);
    const { write } = socket;
    socket.write = ((bytes: Buffer, ...more: []) => {
      written.push(Buffer.from(bytes));
      return write.call(socket, bytes, ...more);
    }) as typeof socket.write;
    return socket;
  };
  const connection = await openHub(hub, { connection_details: () => ({ host: 'localhost', port, connect: dial }) });
  await putToken(connection, tokenOf(hub, 'd1', 3600));
  await putToken(connection, signSas({ key: keyOf(hub.connectionString('service')), policy: 'service' }));
  await sendTo(connection, '/devices/d1/messages/devicebound', { application_properties: { 'iothub-ack': 'full' } });
  const receiver = openReceiver(connection, '/devices/d1/messages/devicebound');
  const [{ delivery }] = await once(receiver, 'message');
  delivery.accept();
  openReceiver(connection, '/devices/d1/twin');
  const twin = connection.open_sender('/devices/d1/twin');
  const body = rhea.message.data_section(Buffer.from('{"a":1}'));
  const message_annotations = { operation: 'PATCH', resource: '/properties/reported' };
  await outcomeOf(twin, { correlation_id: 'a', message_annotations, body } as never);
  await outcomeOf(connection.open_sender('/devices/d1/messages/events'), { body } as never);
  connection.close();
  await once(connection, 'connection_close');
  return split(Buffer.concat(written).subarray(8));
}

function split(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += bytes.readUInt32BE(at)) {
    found.push(bytes.subarray(at, at + bytes.readUInt32BE(at)));
  }
  return found;
}

type Change = { kind: 'flip'; at: number; to: number } | { kind: 'cut'; at: number } | { kind: 'length'; to: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(400), to: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(400) }),
  fc.record({ kind: fc.constant('length' as const), to: fc.oneof(fc.nat(600), fc.nat(0xffffffff)) }),
);

function changed(frame: Buffer, { kind, ...how }: Change): Buffer {
  if (frame.length < 8) return frame;
  const bytes = Buffer.from(frame);
  if (kind === 'flip' && 'at' in how && 'to' in how) bytes[4 + (how.at % (bytes.length - 4))] = how.to;
  if (kind === 'cut' && 'at' in how) return bytes.subarray(0, 1 + (how.at % bytes.length));
  if (kind === 'length' && 'to' in how) bytes.writeUInt32BE(how.to >>> 0);
  return bytes;
}

/** Sends bytes, and hangs up once the hub has answered, or has hung up. */
async function say(bytes: Buffer): Promise<void> {
  const socket = connectTls({ host: 'localhost', port: hub.ports.amqps, ca: hub.caCertificate });
  socket.on('error', () => {});
  const over = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  socket.resume();
  socket.end(bytes);
  await over;
}

test('frames in a wrong order, cut, too long and of wrong types end no more than their own connection', async () => {
  const header = Buffer.from('AMQP\0\x01\0\0', 'latin1');
  const conversation = fc.array(fc.record({ frame: fc.nat(), changes: fc.array(change, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.nat(frames.length), conversation, async (isAmqp, good, tail) => {
      const end = tail.map(({ frame, changes }) =>
        changes.reduce(changed, frames[frame % frames.length] ?? Buffer.alloc(8)),
      );
      await say(Buffer.concat([...(isAmqp ? [header] : []), ...frames.slice(0, good), ...end]));
    }),
    { numRuns: conversations },
  );
  const connection = await openDevices(hub, 'd1');
  const sender = connection.open_sender('/devices/d1/messages/events');
  expect(await outcomeOf(sender, { body: '1' } as never)).toBe('accepted');
  connection.close();
}, 600_000);

test('paths and batches of devices over HTTPS are answered, whatever they hold', async () => {
  const authorization = tokenOf(hub, 'd1', 3600);
  const path = fc.string({ unit: fc.constantFrom(...'/%2f?&=.devicboun events1a"{}') });
  const call = fc.record({ method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'), path, body: fc.json() });
  await fc.assert(
    fc.asyncProperty(call, async ({ method, path: rest, body }) => {
      const headers = { authorization, 'content-type': 'application/vnd.microsoft.iothub.json' };
      const target = `/devices/d1/messages/${rest.replaceAll(' ', '+')}`;
      const { status } = await emulator.request({
        method,
        path: target,
        headers,
        ...(method === 'GET' ? {} : { body }),
      });
      expect(status).toBeLessThan(500);
    }),
    { numRuns: conversations },
  );
}, 600_000);
