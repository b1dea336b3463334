import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { isLong } from '../../tests/support/isLong';
import { RunningHost } from './runningHost';

/** More by `FIRST_BYTES=100000`. */
const inputs = Number(process.env.FIRST_BYTES ?? (isLong ? 10_000 : 300));
/** So many at a time. */
const atATime = 50;
/** What the process may hold when all are gone, beyond what it held before, in bytes. */
const mostKept = 128 * 1024 * 1024;

let host: RunningHost;
beforeAll(async () => {
  host = await RunningHost.start('app');
});
afterAll(() => host.stop());

const head = 'host: localhost\r\ncontent-type: application/json\r\n';
const beginnings = [
  '',
  'GET /api/empty HTTP/1.1\r\n',
  `POST /api/echo HTTP/1.1\r\n${head}content-length: 100\r\n\r\n`,
  `POST /admin/functions/onEvent HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n`,
  `POST /runtime/webhooks/EventGrid?functionName=onEvent HTTP/1.1\r\n${head}aeg-event-type: Notification\r\ncontent-length: 9\r\n\r\n`,
  'PRI * HTTP/2.0\r\n',
];

/** Sends bytes and hangs up; resolves when the connection is over, whoever ended it. */
async function send(bytes: Buffer): Promise<void> {
  const socket = connect(host.port, '127.0.0.1');
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {}).resume();
  socket.end(bytes);
  socket.setTimeout(100, () => socket.destroy());
  await over;
}

const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${host.pid}/status`, 'utf8'))?.[1]) * 1024;
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  'the first bytes at its door end in nothing but a connection that is over',
  async () => {
    await send(Buffer.alloc(0));
    const before = resident();
    const bytes = fc
      .tuple(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 200 }))
      .map(([beginning, rest]) => Buffer.concat([Buffer.from(beginning), rest]));
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: atATime, maxLength: atATime }), async (each) => {
        await Promise.all(each.map(send));
        expect((await host.request('GET', '/api/empty')).status).toBe(200);
        expect(resident() - before).toBeLessThan(mostKept);
      }),
      { numRuns: Math.ceil(inputs / atATime), endOnFailure: true },
    );
  },
  Math.max(30_000, inputs * 30),
);
