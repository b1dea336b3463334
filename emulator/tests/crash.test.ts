import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { isLong } from '../../tests/support/isLong';
import { type Cli, startCli } from './support/cli';
import { type RawReply, type RawRequest, rawRequest } from './support/rawRequest';
import { keyOf } from './support/sas';

/** More of them take minutes: `npm run test:long`. */
const crashes = isLong ? 200 : 10;
const writers = 8;
/** Longest time that the writers have before the process is killed. */
const maxWritingMs = 150;

let dir: string;
let cli: Cli | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'crash-'));
});
afterEach(async () => {
  cli?.process.kill('SIGKILL');
  await cli?.ended;
  await rm(dir, { recursive: true });
});

/** What a client knows of one device: what was acknowledged, and what it sent last, whose outcome it may not know. */
class Ledger {
  acknowledged = 0;
  sent = 0;
  /** Devices that were registered, and not yet asked to be removed. */
  readonly present: string[] = [];
  readonly removed: string[] = [];

  constructor(readonly name: string) {}
}

type Send = (request: RawRequest) => Promise<RawReply>;

async function start(): Promise<{ send: Send; stop(): void }> {
  const args = ['--state-dir', join(dir, 'state'), '--data', join(dir, 'data')];
  cli = startCli(args);
  await cli.ready();
  const { IOTHUB_CONNECTION_STRING = '' } = parseEnv(await readFile(join(dir, 'state', 'env'), 'utf8'));
  const agent = new Agent({ keepAlive: true });
  const ca = await readFile(join(dir, 'state', 'ca.pem'), 'utf8');
  const door = { port: cli.port('Service API'), ca, key: keyOf(IOTHUB_CONNECTION_STRING), agent };
  return { send: (request) => rawRequest(door, request), stop: () => agent.destroy() };
}

const put = (deviceId: string) => ({
  method: 'PUT',
  path: `/devices/${deviceId}`,
  body: JSON.stringify({ deviceId }),
});

/** Writes until the connection breaks, and keeps the ledger. */
async function write(ledger: Ledger, send: Send): Promise<void> {
  try {
    for (;;) {
      const n = ++ledger.sent;
      const body = JSON.stringify({ tags: { n } });
      const { status } = await send({ method: 'PATCH', path: `/twins/${ledger.name}`, body });
      if (status !== 200) throw new Error(`PATCH: ${status}`);
      ledger.acknowledged = n;
      const born = `${ledger.name}-${n}`;
      if ((await send(put(born))).status !== 200) throw new Error('PUT failed');
      ledger.present.push(born);
      if (n % 3 === 0) await removeOne(ledger, send);
    }
  } catch (error) {
    // Only a broken connection has a code.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

async function removeOne(ledger: Ledger, send: Send): Promise<void> {
  const gone = ledger.present.shift();
  if (gone === undefined) return;
  const { status } = await send({ method: 'DELETE', path: `/devices/${gone}`, headers: { 'if-match': '*' } });
  if (status !== 204) throw new Error(`DELETE: ${status}`);
  ledger.removed.push(gone);
}

/** What was acknowledged and is not there, or is there and should not be. */
async function losses({ name, acknowledged, sent, present, removed }: Ledger, send: Send): Promise<string[]> {
  const twin = await send({ path: `/twins/${name}` });
  const { n = 0 } = JSON.parse(twin.text).tags ?? {};
  const fault = n < acknowledged || n > sent ? [`${name} has ${n}, not ${acknowledged} to ${sent}`] : [];
  const status = async (deviceId: string) => (await send({ path: `/devices/${deviceId}` })).status;
  for (const id of present) if ((await status(id)) !== 200) fault.push(`${id} is lost`);
  for (const id of removed) if ((await status(id)) !== 404) fault.push(`${id} is back`);
  return fault;
}

it(`loses nothing that it acknowledged when it is killed, ${crashes} times`, async () => {
  const ledgers = Array.from({ length: writers }, (_, index) => new Ledger(`writer-${index}`));
  let hub = await start();
  for (const { name } of ledgers) await hub.send(put(name));
  let acknowledged = 0;
  for (let crash = 0; crash < crashes; crash++) {
    const writing = Promise.all(ledgers.map((ledger) => write(ledger, hub.send)));
    setTimeout(() => cli?.process.kill('SIGKILL'), Math.random() * maxWritingMs);
    await writing;
    await cli?.ended;
    hub.stop();
    hub = await start();
    for (const ledger of ledgers) {
      expect(await losses(ledger, hub.send)).toEqual([]);
      acknowledged += ledger.acknowledged;
      // What was sent last may have been written: it is the new start.
      ledger.acknowledged = ledger.sent;
      await hub.send({ method: 'PATCH', path: `/twins/${ledger.name}`, body: `{"tags":{"n":${ledger.sent}}}` });
      // Only what this life wrote is looked at again.
      ledger.present.splice(0);
      ledger.removed.splice(0);
    }
  }
  hub.stop();
  expect(acknowledged).toBeGreaterThan(crashes);
}, 600_000);
