import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import type { IotHubOptions } from 'iot-hub-emulator';
import { WebSocket } from 'ws';
import { judgeCallers } from '../src/wire/callers';
import { startEmulator, type TestEmulator } from './support/emulator';
import { rawRequest } from './support/rawRequest';
import { keyOf } from './support/sas';
import { askUpgrade } from './support/upgrade';

const started: TestEmulator[] = [];

afterAll(() => Promise.all(started.map((emulator) => emulator.stop())));

async function start(options: IotHubOptions = {}): Promise<TestEmulator> {
  const emulator = await startEmulator({ devices: ['d1'], ...options });
  started.push(emulator);
  return emulator;
}

/** Asks with headers of any kind; without this agent Node would look for their host in the certificate. */
function ask({ hub }: TestEmulator, headers: Record<string, string>, path = '/twins/d1') {
  const agent = new Agent({ servername: 'localhost' });
  const door = { port: hub.ports.https, ca: hub.caCertificate, key: keyOf(hub.connectionString()), agent };
  return rawRequest(door, { path, headers });
}

/** The names by which a door answers, of those that are tried. */
async function answering(emulator: TestEmulator, names: readonly string[]): Promise<string[]> {
  const statuses = await Promise.all(
    names.map(async (host) => [host, (await ask(emulator, { host })).status] as const),
  );
  expect(statuses.filter(([, status]) => status !== 200 && status !== 421)).toEqual([]);
  return statuses.filter(([, status]) => status === 200).map(([host]) => host);
}

const own = ['localhost', 'LOCALHOST:8443', '127.0.0.1', '127.0.0.1:1', '127.8.9.1', '[::1]', '[::1]:8443'];
const foreign = ['rebound.example', 'rebound.example:8443', 'localhost.example', '10.0.0.1', '[::2]', 'localhost.'];

describe('the door over HTTPS answers by', () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await start();
  });

  test('the names of this machine alone, with any port', async () => {
    expect(await answering(emulator, [...own, ...foreign])).toEqual(own);
  });

  test.each(['/health', '/admin/faults', '/eventgrid/topics/t/api/events', '/$iothub/websocket', '/'])(
    'no other at %s: 421 says what to do',
    async (path) => {
      const { status, text } = await ask(emulator, { host: 'rebound.example' }, path);
      expect([status, JSON.parse(text).message]).toEqual([421, expect.stringContaining('--host')]);
    },
  );

  test.each(['a b', 'localhost/', 'a@localhost', '%6cocalhost', 'localhost:65536'])(
    'no name that is none: %j',
    async (host) => {
      expect(await ask(emulator, { host })).toMatchObject({ status: 400 });
    },
  );
});

describe('more names', () => {
  test('come with --host, with and without a port', async () => {
    const emulator = await start({ host: 'Hub.Example' });
    const names = ['hub.example', 'HUB.example:443'];
    expect(await answering(emulator, [...own, ...names, ...foreign])).toEqual([...own, ...names]);
  });

  test('come with --bind: every address, and no name', async () => {
    const emulator = await start({ bind: '0.0.0.0' });
    expect(await answering(emulator, [...own, ...foreign])).toEqual([...own, '10.0.0.1', '[::2]']);
  });

  test.each([
    ['192.168.1.5', ['192.168.1.5:8443'], ['192.168.1.6', '10.0.0.1']],
    ['fe80::1', ['[fe80::1]:8443', '[FE80:0::1]'], ['[fe80::2]']],
    ['::', ['[fe80::2]', '10.0.0.1'], ['rebound.example']],
  ])('come with --bind %s', (bind, taken, refused) => {
    const judge = judgeCallers({ host: 'localhost', bind, origins: [] });
    const isTaken = (host: string) => judge({ headers: { host } } as IncomingMessage) === undefined;
    expect([...own, ...taken, ...foreign.slice(0, 3), ...refused].filter(isTaken)).toEqual([...own, ...taken]);
  });
});

describe('a page in a browser', () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await start({ allowedOrigins: ['http://localhost:3000/'] });
  });

  const origins: [host: string, origin: string, status: number][] = [
    ['localhost:8443', 'https://localhost:8443', 200],
    // As Python's MQTT client has it.
    ['localhost', 'https://localhost:443', 200],
    ['localhost:8443', 'http://localhost:3000', 200],
    ['localhost:8443', 'https://localhost:9', 403],
    ['localhost:8443', 'http://localhost:8443', 403],
    ['localhost:8443', 'https://foreign.example', 403],
    ['localhost:8443', 'null', 403],
    ['localhost:8443', '', 403],
    ['localhost:8443', 'https://localhost:8443, https://foreign.example', 403],
  ];

  test.each(origins)('calls %s from %s: %i', async (host, origin, status) => {
    expect((await ask(emulator, { host, origin })).status).toBe(status);
  });

  test('of another origin is told what would let it in', async () => {
    const { text } = await ask(emulator, { origin: 'null' });
    expect(JSON.parse(text).message).toContain('--allow-origin');
  });

  const handshake = {
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'mqtt',
    upgrade: 'websocket',
  };

  test.each([
    ['rebound.example', {}, /^HTTP\/1\.1 421 .*--host/s],
    ['localhost', { origin: 'https://foreign.example' }, /^HTTP\/1\.1 403 .*--allow-origin/s],
    ['a b', {}, /^HTTP\/1\.1 400 /],
  ])('opens no WebSocket to %s with %j', async (host, headers, refusal) => {
    expect(await askUpgrade(emulator.hub, '/$iothub/websocket', { ...handshake, host, ...headers })).toMatch(refusal);
  });

  test.each(['http://localhost:3000', 'own'])('opens a WebSocket from %s', async (from) => {
    const url = `wss://localhost:${emulator.hub.ports.https}/$iothub/websocket`;
    const origin = from === 'own' ? new URL(url.replace('wss', 'https')).origin : from;
    const socket = new WebSocket(url, ['mqtt'], { ca: emulator.hub.caCertificate, origin });
    await once(socket, 'open');
    socket.terminate();
  });
});

test.each(['nonsense', 'null', 'data:,x'])('an origin that is none is refused at start: %s', async (origin) => {
  await expect(startEmulator({ allowedOrigins: [origin] })).rejects.toThrow(`'${origin}' is no origin`);
});
