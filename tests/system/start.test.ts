import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToOthers, openUp } from '../support/modes';
import { freePorts, runScript, type System, startSystem, stopSystems } from './system';

let first: System;
let second: System;

beforeAll(async () => {
  [first, second] = await Promise.all([startSystem(), startSystem('--devices', '3')]);
}, 60_000);
afterAll(stopSystems);

/** Whether somebody listens on a port of this machine. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

const portsOf = (lines: string[]) =>
  lines.flatMap((line) =>
    [...line.matchAll(/(?:https|mqtts|amqp|http):\/\/(?:localhost|127\.0\.0\.1):(\d+)/g)].map(([, port]) =>
      Number(port),
    ),
  );

test.each([
  ['a connection string that is none', { IOTHUB_CONNECTION_STRING: 'HostName=x' }, /IOTHUB_CONNECTION_STRING lacks/],
  ['a page budget that is no number', { TWIN_QUERY_MAX_PAGES: 'many' }, /TWIN_QUERY_MAX_PAGES is not a whole number/],
])('npm start refuses %s, naming the setting', async (_, settings, message) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'start-'));
  const args = [...freePorts, '--state-dir', stateDir];
  const { code, output } = await runScript('scripts/start.ts', args, { ...process.env, ...settings });
  await rm(stateDir, { recursive: true });
  expect(code).toBe(1);
  expect(output).toMatch(message);
});

test.each([
  ['--hub-port', /Service API .*:(\d+)$/],
  ['--queue-port', /:(\d+) \(queues\)/],
  ['--table-port', /:(\d+) \(tables\)/],
])('a busy port is told by its option: %s', async (option, line) => {
  const [, port] = await first.lines.match(line);
  const args = [...freePorts, option, `${port}`, '--state-dir', first.stateDir];
  const { code, output } = await runScript('scripts/start.ts', args);
  expect(code).toBe(1);
  expect(output).toBe(`Port ${port} is taken, maybe by another npm start: choose another one by ${option}.`);
});

test.each([
  ['scripts/start.ts', ['--help'], {}, 0, /^Starts the hub's emulator.*--queue-port/s],
  ['scripts/device.ts', ['--help'], {}, 0, /^Runs the simulated device.*--once/s],
  ['scripts/register.ts', ['--help'], {}, 0, /^Registers devices.*NAME…/s],
  [
    'scripts/start.ts',
    ['5'],
    { npm_config_devices: 'true' },
    1,
    /^npm has taken --devices .*: npm start -- --devices …$/,
  ],
  ['scripts/start.ts', ['--devises', '5'], {}, 1, /^Unknown option '--devises'\. npm start -- --help says more\.$/],
  ['scripts/start.ts', [...freePorts, '--data', '/proc/x'], {}, 1, /^The folder \/proc\/x cannot be made \(/],
  [
    'scripts/start.ts',
    [...freePorts],
    { LOCATION_PATH: 'a b' },
    1,
    /LOCATION_PATH .*[^.]\. Example: tags\.location\.plant$/s,
  ],
])('%s %j tells what it takes, or what is wrong', async (script, args, settings, code, message) => {
  const stateDir = ['--state-dir', await mkdtemp(join(tmpdir(), 'start-'))];
  const env = { ...process.env, ...settings };
  const outcome = await runScript(script, [...args, ...(code === 0 ? [] : stateDir)], env);
  await rm(stateDir[1] ?? '', { recursive: true });
  expect(outcome).toEqual({ code, output: expect.stringMatching(message) });
});

test('a part that ends while the app waits for it ends the others, and is told', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'start-'));
  await mkdir(join(dataDir, 'storage'));
  await writeFile(join(dataDir, 'storage/__azurite_db_table__.json'), '{"filename":');
  const args = [...freePorts, '--state-dir', join(dataDir, 'state'), '--data', dataDir];
  const { code, output } = await runScript('scripts/start.ts', args);
  await rm(dataDir, { recursive: true });
  expect(code).toBe(1);
  expect(output).toMatch(/^storage \| .*\nstorage ended \(exit code 1\)/ms);
  expect(output).not.toContain('Try:');
});

test('devices are registered and run by name', async () => {
  expect(await (await fetch(`${first.url}/api/statistics`)).json()).toMatchObject({ totalDeviceCount: 1 });
  const register = (...names: string[]) => runScript('scripts/register.ts', [...names, '--state-dir', first.stateDir]);
  const registered = await register('thermostat-1');
  expect(registered.output).toMatch(/^HostName=localhost:\d+;DeviceId=thermostat-1;SharedAccessKey=\S+$/);
  expect(await register('thermostat-1')).toEqual({
    code: 0,
    output: `thermostat-1 was registered already.\n${registered.output}`,
  });
  expect(await register('no spaces')).toMatchObject({ code: 1, output: expect.stringContaining('A device id has') });
  expect(await first.device('--device-id', 'thermostat-1', '--connectivity', 'wifi')).toContain(
    'reported {"connectivity":"wifi"}: 204',
  );
  expect(await first.device('--device-id', 'nobody')).toContain('no such device');
});

test.each([
  ['is none', 'garbage', /^DEVICE_CONNECTION_STRING lacks HostName=…\. Example: HostName=/],
  ['names no device', 'HostName=localhost;SharedAccessKey=c2VjcmV0', /^DEVICE_CONNECTION_STRING lacks DeviceId=…/],
  ['has no key', 'HostName=localhost;DeviceId=d', /^DEVICE_CONNECTION_STRING lacks SharedAccessKey=…/],
  [
    'names a hub that nobody answers for',
    'HostName=localhost:1;DeviceId=d;SharedAccessKey=c2VjcmV0',
    /^No connection to localhost:1: connect ECONNREFUSED/,
  ],
])('the device says so where its connection string %s', async (_, connectionString, message) => {
  const env = { ...process.env, DEVICE_CONNECTION_STRING: connectionString };
  const { code, output } = await runScript('scripts/device.ts', ['--once'], env);
  expect(code).toBe(1);
  expect(output).toMatch(message);
  expect(output).not.toMatch(/c2VjcmV0|not authorized/i);
});

test('with --data, twins and their history are there again after a stop right behind a change', async () => {
  const data = await mkdtemp(join(tmpdir(), 'data-'));
  const changesOf = async ({ url }: System) =>
    (await (await fetch(`${url}/api/devices/myDeviceId/changes`)).json()) as { changes: object[] };
  const before = await startSystem('--data', data);
  await before.lines.match(/^Data +\S+; Azurite saves its part every five seconds/);
  await fetch(`${before.url}/api/devices/myDeviceId/tags`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"site":1}',
  });
  await before.lines.match(/Executed 'Functions.onTwinChange' \(Succeeded/);
  const told = await changesOf(before);
  expect([data, before.stateDir].flatMap(openToOthers)).toEqual([]);
  expect(told.changes).toHaveLength(1);
  await before.stop();
  openUp(data);
  const after = await startSystem('--data', data);
  expect(after.lines.all).toContain(`hub | ${data} was open to other users of this machine; it is not any more.`);
  expect(after.lines.all).toContain(`${data}/storage was open to other users of this machine; it is not any more.`);
  expect(openToOthers(data)).toEqual([]);
  expect(await changesOf(after)).toEqual(told);
  await after.stop();
  await rm(data, { recursive: true });
}, 60_000);

test('two systems run side by side, and Ctrl-C leaves no process and no open port', async () => {
  expect(await (await fetch(`${second.url}/api/statistics`)).json()).toMatchObject({ totalDeviceCount: 4 });
  for (const system of [first, second]) {
    const ports = portsOf(system.lines.all);
    expect(ports.length).toBeGreaterThan(3);
    await system.stop();
    expect(system.child.exitCode).toBe(0);
    expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => false));
  }
}, 60_000);
