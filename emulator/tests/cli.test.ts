import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { parseEnv } from 'node:util';
import { generate } from 'mqtt-packet';
import type { TwinDocument } from '../src/service/types';
import { makeCredential } from './support/certificates';
import { type Cli, startCli } from './support/cli';
import { makeIssuer } from './support/jwt';
import { rawRequest } from './support/rawRequest';
import { keyOf } from './support/sas';

let dir: string;
const running: Cli[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterEach(async () => {
  for (const cli of running.splice(0)) {
    cli.process.kill('SIGKILL');
    await cli.ended;
  }
  await rm(dir, { recursive: true });
});

function start(...args: string[]): Cli {
  const cli = startCli(['--state-dir', join(dir, 'state'), ...args]);
  running.push(cli);
  return cli;
}

/** Whatever ends by itself: its exit code and what it said. */
async function outcome(...args: string[]) {
  const cli = start(...args);
  const code = await cli.ended;
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}

async function patchTwin(cli: Cli, deviceId: string, body: string): Promise<TwinDocument> {
  const [env = '', ca = ''] = await Promise.all(
    ['env', 'ca.pem'].map((file) => readFile(join(dir, 'state', file), 'utf8')),
  );
  const key = keyOf(parseEnv(env).IOTHUB_CONNECTION_STRING ?? '');
  const door = { port: cli.port('Service API'), ca, key };
  const { status, text } = await rawRequest(door, { method: 'PATCH', path: `/twins/${deviceId}`, body });
  expect(status).toBe(200);
  return JSON.parse(text);
}

describe('the command line', () => {
  it('has a line for each thing that it says, whatever a client calls itself', async () => {
    const cli = start();
    await cli.ready();
    const ca = await readFile(join(dir, 'state', 'ca.pem'));
    const socket = connectTls({ host: 'localhost', port: cli.port('Devices'), ca });
    const clientId = 'a\nready\u001b[2K\u202e';
    socket.write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId }));
    await once(socket.resume(), 'close');
    cli.process.kill('SIGTERM');
    await cli.ended;
    expect(cli.stdout()).toContain("\nMQTT: 'a\\nready\\u001b[2K\\u202e' was refused: ");
  });

  it('prints where the endpoints are, and then that it is ready', async () => {
    const cli = start();
    await cli.ready();
    expect(cli.stdout()).toMatch(
      /^Service API +https:\/\/localhost:\d+\nDevices +mqtts:\/\/localhost:\d+\nAMQP +amqps:\/\/localhost:\d+\nEvent Hubs +amqp:\/\/localhost:\d+\nSettings +.*state\/env\n(Port 443 +sudo sysctl .*\n)?ready\n$/,
    );
  });

  it('trusts the issuers that it is told of', async () => {
    const { issuer, keys, token } = makeIssuer('https://sts.example/tenant/');
    const file = join(dir, 'keys.json');
    await writeFile(file, JSON.stringify(keys));
    const cli = start('--device', 'device', '--trust-issuer', `${issuer}=${file}`);
    await cli.ready();
    const ca = await readFile(join(dir, 'state', 'ca.pem'), 'utf8');
    const headers = { authorization: `Bearer ${token({ roles: ['IoT Hub Twin Contributor'] })}` };
    const door = { port: cli.port('Service API'), ca, key: '' };
    expect(await rawRequest(door, { path: '/twins/device', headers })).toMatchObject({ status: 200 });
  });

  it.each([
    ['https://sts.example/', /--trust-issuer takes URL=FILE/],
    ['https://sts.example/=/no/such/file', /--trust-issuer .*ENOENT/],
    [`https://sts.example/=${__filename}`, /--trust-issuer .*JSON/],
    [`https://sts.example/=${join(__dirname, '../package.json')}`, /no JWK Set/],
  ])('refuses --trust-issuer %s', async (value, said) => {
    const { code, stderr } = await outcome('--trust-issuer', value);
    expect([code, stderr]).toEqual([1, expect.stringMatching(said)]);
  });

  it('explains its options', async () => {
    const { code, stdout } = await outcome('--help');
    expect(code).toBe(0);
    for (const option of [
      '--port',
      '--mqtt-port',
      '--amqp-port',
      '--amqps-port',
      '--bind',
      '--host',
      '--state-dir',
      '--data',
    ]) {
      expect(stdout).toContain(`  ${option} `);
    }
  });

  it.each([
    ['an unknown option', ['--prot', '1'], /--prot/],
    ['a port that is no number', ['--port', 'https'], /--port takes a number from 0 to 65535, not 'https'/],
    ['a port past the last', ['--mqtt-port', '65536'], /--mqtt-port takes/],
    ['a device id that cannot be', ['--device', 'a b'], /device id/],
    ['a SKU that there is not', ['--sku', 'S9'], /The SKU of a hub is one of F1, S1, S2, S3, not 'S9'/],
    ['more units than a SKU has', ['--sku', 'F1', '--units', '2'], /A hub of the SKU F1 has 1 unit, not 2/],
    ['a topology that is not there', ['--topology', 'missing.json'], /--topology missing\.json: ENOENT/],
    ['a rate of what does not live', ['--simulate', '5', '--live-rate', '2'], /--live-rate is of --live/],
  ])('refuses %s in one line', async (_, args, says) => {
    const { code, stderr } = await outcome(...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('takes the authorities of devices from files, and nothing else', async () => {
    const file = join(dir, 'ca.pem');
    await writeFile(file, (await makeCredential({ subject: 'CN=Contoso', ca: true })).cert);
    await start('--device-ca', file).ready();
    for (const pem of [(await makeCredential({ subject: 'CN=d1' })).cert, 'no certificate']) {
      await writeFile(file, pem);
      const { code, stderr } = await outcome('--device-ca', file);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^--device-ca .*ca\.pem: .+\n$/);
    }
  });

  it('names what is wrong in a topology', async () => {
    const file = join(dir, 'topology.json');
    await writeFile(file, '{"routes":[{"name":"r"}],"eventHubs":{"hubs":[]}}');
    const { code, stderr } = await outcome('--topology', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining('routes.0.source')]);
  });

  it.each(['--port', '--mqtt-port', '--amqp-port', '--amqps-port'])(
    'says that the port of %s is taken',
    async (option) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { code, stderr } = await outcome(option, String(port));
      other.close();
      expect([code, stderr]).toEqual([1, expect.stringContaining(`${option} ${port}`)]);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('stops on %s, whoever is connected', async (signal) => {
    const cli = start();
    await cli.ready();
    const ports = [cli.port('Service API'), cli.port('Devices'), cli.port('Event Hubs')];
    const ca = await readFile(join(dir, 'state/ca.pem'));
    const silent = ports.map((port) => connect(port, '127.0.0.1'));
    const secure = ports.slice(0, 2).map((port) => connectTls({ host: 'localhost', port, ca }));
    await Promise.all([
      ...silent.map((socket) => once(socket, 'connect')),
      ...secure.map((socket) => once(socket, 'secureConnect')),
    ]);
    const sockets = [...silent, ...secure].map((socket) => socket.on('error', () => {}).resume());
    const cut = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    cli.process.kill(signal);
    expect(await cli.ended).toBe(0);
    await cut;
    for (const port of ports) {
      const [error] = await once(connect(port, '127.0.0.1'), 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

describe('--data', () => {
  it('belongs to one emulator at a time, and to the next once that is gone or was killed', async () => {
    const data = join(dir, 'data');
    const first = start('--data', data);
    await first.ready();
    const { code, stdout, stderr } = await outcome('--data', data);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`The folder ${data} is in use by the emulator of process ${first.process.pid}`);
    first.process.kill('SIGKILL');
    await first.ended;
    const second = start('--data', data);
    await second.ready();
    second.process.kill('SIGTERM');
    await second.ended;
    // Of several that come at once to what a killed one left, one gets it.
    await writeFile(join(data, 'owner'), '{"pid":4194304,"started":"1","id":"killed"}');
    const several = ['a', 'b', 'c'].map((state) => startCli(['--state-dir', join(dir, state), '--data', data]));
    running.push(...several);
    const outcomes = await Promise.all(
      several.map((cli) =>
        cli.ready().then(
          () => 'ready',
          () => 'refused',
        ),
      ),
    );
    expect(outcomes.sort()).toEqual(['ready', 'refused', 'refused']);
  });

  const seed = ['--simulate', '500'];

  it('keeps what was acknowledged before the process was killed', async () => {
    const args = ['--data', join(dir, 'data'), ...seed];
    const killed = start(...args);
    await killed.ready();
    await patchTwin(killed, 'sim-000500', '{"tags":{"kept":true}}');
    killed.process.kill('SIGKILL');
    await killed.ended;
    const again = start('--data', join(dir, 'data'));
    await again.ready();
    expect((await patchTwin(again, 'sim-000500', '{}')).tags).toMatchObject({ kept: true });
    expect((await patchTwin(again, 'sim-000001', '{}')).tags).toMatchObject({ location: { plant: 'Redmond43' } });
  });

  it.each([
    ['overwritten', (file: string) => writeFile(file, Buffer.alloc(50_000, 'junk'))],
    ['cut short', (file: string) => truncate(file, 20_000)],
    ['empty', (file: string) => truncate(file, 0)],
  ])('refuses a store that was %s', async (_, damage) => {
    const data = join(dir, 'data');
    const cli = start('--data', data, ...seed);
    await cli.ready();
    cli.process.kill('SIGTERM');
    await cli.ended;
    await damage(join(data, 'hub.mdb'));
    const { code, stderr } = await outcome('--data', data);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${join(data, 'hub.mdb')} is damaged`)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
