import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import type { IotHub } from 'iot-hub-emulator';
import rhea, { type Connection } from 'rhea';
import { isLong } from '../../tests/support/isLong';
import { type Cli, startCli } from './support/cli';
import { openDevices, openReceiver, openService } from './support/hubLinks';
import { tokenOf } from './support/mqttPeer';
import { rawRequest } from './support/rawRequest';

/** More of them take minutes: `npm run test:long`. */
const crashes = isLong ? 200 : 3;
/** Longest time before the process is killed. */
const maxMs = 300;

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

/** A hub in another process, as the helpers know one. */
async function start(): Promise<IotHub> {
  const devices = ['--device', 'amqp', '--device', 'http'];
  cli = startCli(['--state-dir', join(dir, 'state'), '--data', join(dir, 'data'), ...devices]);
  await cli.ready();
  const { IOTHUB_CONNECTION_STRING = '' } = parseEnv(await readFile(join(dir, 'state', 'env'), 'utf8'));
  const caCertificate = await readFile(join(dir, 'state', 'ca.pem'), 'utf8');
  const ports = { https: cli.port('Service API'), amqps: cli.port('AMQP') };
  const connectionString = () => IOTHUB_CONNECTION_STRING;
  const hub = { ports, caCertificate, connectionString } as unknown as IotHub;
  const agent = new Agent({ ca: caCertificate });
  const door = {
    port: ports.https,
    ca: caCertificate,
    key: IOTHUB_CONNECTION_STRING.replace(/.*SharedAccessKey=/, ''),
    agent,
  };
  const keys = new Map<string, string>();
  for (const id of ['amqp', 'http']) {
    const { text } = await rawRequest(door, { path: `/devices/${id}` });
    keys.set(id, JSON.parse(text).authentication.symmetricKey.primaryKey);
  }
  const deviceConnectionString = (id: string) => `HostName=localhost;DeviceId=${id};SharedAccessKey=${keys.get(id)}`;
  return Object.assign(hub, { deviceConnectionString });
}

/** What is known from outside, over all lives of the hub. */
class Ledger {
  sent = 0;
  readonly acknowledged = new Set<string>();
  readonly completed = new Set<string>();
  /** Asked to be completed, without an answer yet: either may be so. */
  readonly uncertain = new Set<string>();
}

/** Sends to a device, as long as its queue has room and the hub lives. */
async function send(connection: Connection, device: string, ledger: Ledger): Promise<void> {
  const sender = connection.open_sender('/messages/devicebound');
  let isGone = false;
  connection.on('disconnected', () => {
    isGone = true;
  });
  for (;;) {
    while (!sender.sendable() && !isGone) await turn();
    if (isGone) return;
    const id = `${device}-${++ledger.sent}`;
    const to = `/devices/${device}/messages/devicebound`;
    const delivery = sender.send({ to, message_id: id, body: rhea.message.data_section(Buffer.from(id)) } as never);
    while (!delivery.remote_state && !isGone) await turn();
    const { error } = (delivery.remote_state ?? { error: 'unknown' }) as { error?: unknown };
    if (!error) ledger.acknowledged.add(id);
  }
}

/** Resolves when one more message is completed, so that the hub is at work whatever the machine has to do. */
async function completesMore({ completed }: Ledger): Promise<void> {
  const { size } = completed;
  while (completed.size === size) await turn();
}

/** Completes what comes over AMQP; what the hub has settled is done. */
async function receiveOverAmqp(connection: Connection, ledger: Ledger): Promise<void> {
  const receiver = openReceiver(connection, '/devices/amqp/messages/devicebound', { rcv_settle_mode: 1 });
  const ids = new Map<unknown, string>();
  receiver.on('message', ({ message, delivery }) => {
    const id = String(message?.message_id);
    expect(ledger.completed).not.toContain(id);
    ids.set(delivery, id);
    ledger.uncertain.add(id);
    delivery?.accept();
  });
  receiver.on('settled', ({ delivery }) => ledger.completed.add(ids.get(delivery) ?? ''));
  await once(connection, 'disconnected');
}

/** Completes what comes over HTTPS, one by one; tells what came, until nothing does or the hub is gone. */
async function receiveOverHttps(hub: IotHub, device: string, ledger: Ledger, isLast = false): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const door = { port: hub.ports.https, ca: hub.caCertificate, key: '', agent };
  const ask = (method: string, path: string) =>
    rawRequest(door, {
      method,
      path: `/devices/${device}/messages/devicebound${path}`,
      headers: { authorization: tokenOf(hub, device) },
    });
  try {
    for (;;) {
      const { status, headers, text } = await ask('GET', '');
      if (status === 204 && isLast) return;
      if (status !== 200) continue;
      expect(ledger.completed).not.toContain(text);
      ledger.uncertain.add(text);
      const lock = String(headers.etag).replaceAll('"', '');
      if ((await ask('DELETE', `/${lock}`)).status === 204) ledger.completed.add(text);
    }
  } catch (error) {
    // Only a broken connection has a code.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  } finally {
    agent.destroy();
  }
}

it(`loses no message, and gives none again that was completed, when it is killed ${crashes} times`, async () => {
  const [amqp, http] = [new Ledger(), new Ledger()];
  for (let crash = 0; crash < crashes; crash++) {
    const hub = await start();
    const services = await Promise.all([openService(hub, 'iothubowner'), openService(hub, 'iothubowner')]);
    const device = await openDevices(hub, 'amqp');
    const working = Promise.all([
      ...services.map((service, index) => send(service, index === 0 ? 'amqp' : 'http', index === 0 ? amqp : http)),
      receiveOverAmqp(device, amqp),
      receiveOverHttps(hub, 'http', http),
    ]);
    await Promise.all([amqp, http].map(completesMore));
    setTimeout(() => cli?.process.kill('SIGKILL'), Math.random() * maxMs);
    await working;
    await cli?.ended;
  }
  const hub = await start();
  await receiveOverHttps(hub, 'amqp', amqp, true);
  await receiveOverHttps(hub, 'http', http, true);
  for (const { acknowledged, completed, uncertain } of [amqp, http]) {
    expect([...acknowledged].filter((id) => !completed.has(id) && !uncertain.has(id))).toEqual([]);
    expect(completed.size).toBeGreaterThanOrEqual(crashes);
  }
}, 600_000);
