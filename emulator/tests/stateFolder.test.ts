import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseEnv, promisify } from 'node:util';
import { type IotHub, type IotHubOptions, startIotHub } from 'iot-hub-emulator';
import type { Identity } from '../src/hub/identity';
import { deviceConnectionString } from '../src/state/connectionStrings';
import { loadKeys } from '../src/state/keys';
import { commandFor443 } from '../src/state/port443';
import { startEmulator } from './support/emulator';
import { keyOf, signSas } from './support/sas';

let stateDir: string;
const running: IotHub[] = [];
const inherited = process.env.NODE_EXTRA_CA_CERTS;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'state-'));
  delete process.env.NODE_EXTRA_CA_CERTS;
});
afterEach(async () => {
  for (const hub of running.splice(0)) await hub.stop();
  await rm(stateDir, { recursive: true });
  if (inherited !== undefined) process.env.NODE_EXTRA_CA_CERTS = inherited;
});

async function start(options: IotHubOptions = {}): Promise<IotHub> {
  const hub = await startIotHub({ port: 0, mqttPort: 0, amqpPort: 0, stateDir, devices: ['device'], ...options });
  running.push(hub);
  return hub;
}

async function restart(options: IotHubOptions = {}): Promise<IotHub> {
  await running.pop()?.stop();
  return start(options);
}

const topology = {
  routes: [],
  eventHubs: { connectionSetting: 'EVENTS', hubs: [] },
  topic: { name: 'topic', endpointSetting: 'TOPIC_ENDPOINT', keySetting: 'TOPIC_KEY', subscriptions: [] },
};

function keysOf(hub: IotHub): string[] {
  const policies = ['iothubowner', 'service', 'device', 'registryRead', 'registryReadWrite'];
  const strings = [...policies.map((policy) => hub.connectionString(policy)), hub.deviceConnectionString('device')];
  return [...strings.map(keyOf), hub.env.TOPIC_KEY ?? '', keyOf(hub.env.EVENTS ?? '')];
}

describe('keys and certificates', () => {
  it('stay the same after a restart', async () => {
    const first = await start({ topology });
    const [keys, ca] = [keysOf(first), first.caCertificate];
    const second = await restart({ topology });
    expect([keysOf(second), second.caCertificate]).toEqual([keys, ca]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('are others in another folder, even side by side', async () => {
    const one = await start({ topology });
    const other = await startEmulator({ topology, devices: ['device'] });
    try {
      expect(keysOf(other.hub).filter((key) => keysOf(one).includes(key))).toEqual([]);
      const authorization = signSas({ key: keyOf(one.connectionString()), policy: 'iothubowner' });
      expect(await other.request({ path: '/twins/device' })).toMatchObject({ status: 200 });
      expect(await other.request({ path: '/twins/device', headers: { authorization } })).toMatchObject({ status: 401 });
    } finally {
      await other.stop();
    }
  });

  it('are agreed upon by emulators that start at once on a new folder', async () => {
    const hubs = await Promise.all([start({ topology }), start({ topology }), start({ topology })]);
    expect(new Set(hubs.map((hub) => keysOf(hub).join())).size).toBe(1);
    expect(new Set(hubs.map((hub) => hub.caCertificate)).size).toBe(1);
    expect(await readFile(join(stateDir, 'ca.pem'), 'utf8')).toBe(hubs[0]?.caCertificate);
  });

  it('cover the names under which the emulator is reached', async () => {
    const { ports, caCertificate: ca } = await start({ host: 'hub.example' });
    for (const port of [ports.https, ports.mqtt]) {
      for (const servername of ['localhost', 'hub.example']) {
        const socket = connect({ host: '127.0.0.1', port, servername, ca });
        await once(socket, 'secureConnect');
        socket.destroy();
      }
      const byAddress = connect({ host: '127.0.0.1', port, ca });
      await once(byAddress, 'secureConnect');
      byAddress.destroy();
    }
  });

  it('are made again for another host name', async () => {
    const { caCertificate } = await start();
    expect((await restart({ host: 'hub.example' })).caCertificate).not.toBe(caCertificate);
  });
});

describe('the files', () => {
  it('are for their owner alone', async () => {
    await start();
    const modes = await Promise.all(
      ['.', ...(await readdir(stateDir))].map(
        async (file) => [file, ((await stat(join(stateDir, file))).mode & 0o777).toString(8)] as const,
      ),
    );
    expect(modes.length).toBeGreaterThan(4);
    expect(modes.filter(([, mode]) => !/^[67]00$/.test(mode))).toEqual([]);
  });

  it('is read by a shell as by Node, whatever characters ids have', async () => {
    const hub = await start({ topology, devices: ["it's;device"] });
    const script = 'set -a; . "$0"; exec "$1" -p "JSON.stringify(process.env)"';
    const args = ['-c', script, join(stateDir, 'env'), process.execPath];
    const { stdout } = await promisify(execFile)('sh', args, { env: { PATH: process.env.PATH } });
    expect(JSON.parse(stdout)).toMatchObject(hub.env);
    const program = ['-p', 'JSON.stringify(process.env)'];
    const byNode = await promisify(execFile)(process.execPath, [`--env-file=${join(stateDir, 'env')}`, ...program], {
      env: { PATH: process.env.PATH },
    });
    expect(JSON.parse(byNode.stdout)).toMatchObject(hub.env);
  });

  it('names the port of devices only where it is not 8883, which Python and .NET cannot be told', async () => {
    const hub = await start();
    const at = (mqtt: number) => ({ host: 'localhost', ports: { ...hub.ports, mqtt }, keys: loadKeys(stateDir) });
    const identity = { deviceId: 'device', authentication: { type: 'certificateAuthority' } } as Identity;
    expect(deviceConnectionString(at(8883), identity)).toBe('HostName=localhost;DeviceId=device;x509=true');
    expect(deviceConnectionString(at(8884), identity)).toBe('HostName=localhost:8884;DeviceId=device;x509=true');
  });

  it('hold the settings of the running emulator, as Node reads them', async () => {
    const hub = await start({ topology });
    const { https, mqtt, amqp } = hub.ports;
    const env = parseEnv(await readFile(join(stateDir, 'env'), 'utf8'));
    expect(env).toEqual(hub.env);
    const [owner, , , , , device, topic, events] = keysOf(hub);
    expect(env).toEqual({
      IOTHUB_CONNECTION_STRING: `HostName=localhost:${https};SharedAccessKeyName=iothubowner;SharedAccessKey=${owner}`,
      IOTHUB_DEVICE_HOSTNAME: `localhost:${mqtt}`,
      DEVICE_CONNECTION_STRING: `HostName=localhost:${mqtt};DeviceId=device;SharedAccessKey=${device}`,
      IOTHUB_EVENTS_CONNECTION_STRING: `Endpoint=sb://localhost:${amqp};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${events};UseDevelopmentEmulator=true;EntityPath=iothub-ehub-localhost`,
      EVENTS: `Endpoint=sb://localhost:${amqp};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${events};UseDevelopmentEmulator=true;`,
      TOPIC_ENDPOINT: `https://localhost:${https}/eventgrid/topics/topic/api/events`,
      TOPIC_KEY: topic,
      NODE_EXTRA_CA_CERTS: join(stateDir, 'ca.pem'),
    });
  });
});

describe('NODE_EXTRA_CA_CERTS', () => {
  it('lets a Node process trust the emulator', async () => {
    const { env, ports } = await start();
    const program = `fetch('https://localhost:${ports.https}/health').then((r) => console.log(r.status))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
      env: { ...process.env, ...env },
    });
    expect(stdout).toBe('200\n');
  });

  it('joins the certificates of the machine and the emulator where it is set already', async () => {
    const theirs = join(stateDir, 'theirs.pem');
    await writeFile(theirs, 'the certificates of the machine\n');
    process.env.NODE_EXTRA_CA_CERTS = theirs;
    const { env, caCertificate } = await start();
    const bundle = env.NODE_EXTRA_CA_CERTS ?? '';
    expect(await readFile(bundle, 'utf8')).toBe(`the certificates of the machine\n${caCertificate}`);
    process.env.NODE_EXTRA_CA_CERTS = bundle;
    expect((await restart()).env.NODE_EXTRA_CA_CERTS).toBe(bundle);
  });

  it('names the emulator’s file where the machine’s is missing', async () => {
    process.env.NODE_EXTRA_CA_CERTS = join(stateDir, 'missing.pem');
    expect((await start()).env.NODE_EXTRA_CA_CERTS).toBe(join(stateDir, 'ca.pem'));
  });
});

describe('the command that opens port 443', () => {
  const command = 'sudo sysctl net.ipv4.ip_unprivileged_port_start=443';

  it.each([
    ['a user of Linux', { platform: 'linux', userId: 1000, firstFreePort: 1024 }, command],
    ['a user of Linux that does not tell', { platform: 'linux', userId: 1000, firstFreePort: undefined }, command],
    ['a user of Linux where it is open', { platform: 'linux', userId: 1000, firstFreePort: 443 }, undefined],
    ['root', { platform: 'linux', userId: 0, firstFreePort: 1024 }, undefined],
    ['Windows', { platform: 'win32', userId: undefined, firstFreePort: undefined }, undefined],
  ] as const)('is told to who needs it: %s', (_, rights, expected) => {
    expect(commandFor443(rights)).toBe(expected);
  });
});
