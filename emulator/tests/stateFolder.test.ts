import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseEnv, promisify } from 'node:util';
import { type IotHub, type IotHubOptions, startIotHub } from 'iot-hub-emulator';
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
