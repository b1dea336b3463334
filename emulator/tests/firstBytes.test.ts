import { connect as dialTcp, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { isLong } from '../../tests/support/isLong';
import { startEmulator, type TestEmulator } from './support/emulator';

/** Of each door. 100,000 take a quarter of an hour where there is a TLS handshake each: `FIRST_BYTES=100000`. */
const inputs = Number(process.env.FIRST_BYTES ?? (isLong ? 10_000 : 300));
/** So many go to a door at a time. */
const atATime = 50;
/** What the process may hold when all are gone, beyond what it held before, in bytes. */
const mostKept = 128 * 1024 * 1024;

const hubs = [{ name: 'hub', partitionCount: 1, retentionHours: 1, consumerGroups: [] }];
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1'], topology: { routes: [], eventHubs: { hubs } } });
});
afterAll(() => emulator.stop());

const tls = (port: number) => dialTls({ port, host: 'localhost', ca: emulator.hub.caCertificate });
const upgrade =
  'GET /$iothub/websocket HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
  'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: mqtt\r\n\r\n';

/** Each door: how it is dialled, and beginnings that lead further in. */
const doors: [name: string, dial: () => Socket, beginnings: (string | Buffer)[]][] = [
  [
    'AMQP',
    () => dialTcp(emulator.hub.ports.amqp, '127.0.0.1'),
    [
      'AMQP\0\x01\0\0',
      'AMQP\x03\x01\0\0',
      Buffer.from('414d51500001000000000011020000000053', 'hex'),
      Buffer.from('414d5150000100000000001402000000005310c0070240a10178', 'hex'),
      Buffer.from('414d5150030100000000002002010000005341c0', 'hex'),
    ],
  ],
  [
    'MQTT',
    () => tls(emulator.hub.ports.mqtt),
    [Buffer.from([0x10]), Buffer.from('101200044d51545404c2003c', 'hex'), Buffer.from('10ffffff7f', 'hex')],
  ],
  [
    'WebSocket',
    () => tls(emulator.hub.ports.https),
    [upgrade, Buffer.concat([Buffer.from(upgrade), Buffer.from('82fe', 'hex')]), upgrade.replace('13', '8')],
  ],
  [
    'HTTP',
    () => tls(emulator.hub.ports.https),
    [
      'GET /',
      'GET /twins/d1 HTTP/1.1\r\nhost: localhost\r\n',
      'POST /admin/faults HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'PRI * HTTP/2.0\r\n',
    ],
  ],
];

/** Sends bytes and hangs up; resolves when the connection is over, whoever ended it. */
async function send(dial: () => Socket, bytes: Buffer): Promise<void> {
  const socket = dial();
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {}).resume();
  socket.end(bytes);
  // Some doors wait for more, and would do so for their thirty seconds.
  socket.setTimeout(100, () => socket.destroy());
  await over;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What is held: garbage is nobody's, and how much of it waits depends on the machine. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe.each(doors)('the first bytes at the door of %s', (_, dial, beginnings) => {
  const bytes = fc
    .tuple(fc.constantFrom('', ...beginnings), fc.uint8Array({ maxLength: 200 }))
    .map(([beginning, rest]) => Buffer.concat([Buffer.from(beginning), rest]));

  test(
    'end in nothing but a connection that is over',
    async () => {
      await send(dial, Buffer.alloc(0));
      collectGarbage();
      const before = held();
      const batch = fc.array(bytes, { minLength: atATime, maxLength: atATime });
      await fc.assert(
        fc.asyncProperty(batch, async (each) => {
          await Promise.all(each.map((one) => send(dial, one)));
          expect((await emulator.request({ path: '/health' })).status).toBe(200);
          if (held() - before >= mostKept) collectGarbage();
          expect(held() - before).toBeLessThan(mostKept);
        }),
        // What fails here is known by its bytes: smaller ones would take their time.
        { numRuns: Math.ceil(inputs / atATime), endOnFailure: true },
      );
    },
    Math.max(30_000, inputs * 30),
  );
});
