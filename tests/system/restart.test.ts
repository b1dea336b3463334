import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEmulatorEnv } from '../../scripts/emulatorEnv';
import { Lines } from './system';

/** Emulator and host, started apart, so that one can be killed while the other serves. */
let stateDir: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'restart-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(stateDir, { recursive: true });
});

async function start(ready: RegExp, args: string[], env = process.env): Promise<ChildProcess & { lines: Lines }> {
  const child = spawn(process.execPath, args, { env });
  running.push(child);
  const lines = new Lines(child);
  await lines.match(ready);
  return Object.assign(child, { lines });
}

const startEmulator = (ports: { hub: string; mqtt: string; amqp: string }) =>
  start(/^ready$/, [
    'emulator/dist/cli.js',
    ...['--port', ports.hub, '--mqtt-port', ports.mqtt, '--amqp-port', ports.amqp, '--data', join(stateDir, 'data')],
    ...['--state-dir', stateDir, '--device', 'myDeviceId', '--topology', 'infra/topology.json'],
  ]);

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('the hub is killed in the middle of requests: callers are told, the app lives, the next request works', async () => {
  const first = await startEmulator({ hub: '0', mqtt: '0', amqp: '0' });
  const env = withEmulatorEnv(stateDir);
  const host = ['local-host/dist/cli.js', '--port', '0', '--state-dir', join(stateDir, 'host')];
  const app = await start(/^Host started/, host, env);
  const [, url = ''] = await app.lines.match(/^Host started on (\S+)/);
  const tag = (value: number) =>
    fetch(`${url}/api/devices/myDeviceId/tags`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });
  expect((await tag(0)).status).toBe(200);

  const underWay = Promise.all(Array.from({ length: 20 }, (_, index) => tag(index + 1)));
  await kill(first);
  const interrupted = await underWay;
  expect(new Set(interrupted.map(({ status }) => status))).not.toContain(500);
  const refused = await tag(99);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await refused.json()).toMatchObject({ status: 503, title: expect.any(String), detail: expect.any(String) });

  // The same state folder, so the same keys: the app needs no restart.
  const [hub = '', mqtt = '', amqp = ''] = [
    env.IOTHUB_CONNECTION_STRING,
    env.IOTHUB_DEVICE_HOSTNAME,
    env.TwinChanges,
  ].map((setting) => /localhost:(\d+)/.exec(setting ?? '')?.[1]);
  await startEmulator({ hub, mqtt, amqp });
  const after = await tag(100);
  expect([after.status, ((await after.json()) as { tags: unknown }).tags]).toEqual([200, { value: 100 }]);
  expect(app.exitCode).toBeNull();
}, 60_000);

test('a changed CA or key of another hub is told as what it is, without the key', async () => {
  await startEmulator({ hub: '0', mqtt: '0', amqp: '0' });
  const env = withEmulatorEnv(stateDir);
  const wrong = (env.IOTHUB_CONNECTION_STRING ?? '').replace(/SharedAccessKey=.*/, 'SharedAccessKey=d3Jvbmc=');
  const host = ['local-host/dist/cli.js', '--port', '0', '--state-dir', join(stateDir, 'host')];
  const app = await start(/^Host started/, host, { ...env, IOTHUB_CONNECTION_STRING: wrong });
  const [, url = ''] = await app.lines.match(/^Host started on (\S+)/);
  const response = await fetch(`${url}/api/devices/myDeviceId`);
  const body = await response.text();
  expect(response.status).toBe(500);
  expect(body).toContain('IOTHUB_CONNECTION_STRING');
  expect(body + app.lines.all.join('\n')).not.toContain('d3Jvbmc');
  expect(await readFile(join(stateDir, 'env'), 'utf8')).toContain("IOTHUB_CONNECTION_STRING='HostName=localhost:");
});
