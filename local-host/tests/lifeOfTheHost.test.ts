import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readSystemOptions } from '../../scripts/systemOptions';
import { RunningHost } from './runningHost';

const hosts: RunningHost[] = [];
const started = async (host: Promise<RunningHost>) => {
  hosts.push(await host);
  return host;
};
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s lets a request finish, runs appTerminate and frees the port',
  async (signal) => {
    const host = await started(RunningHost.start('app'));
    const slow = host.request('GET', '/api/slow');
    await host.line(/slow began/);
    host.kill(signal);
    expect((await slow).body.toString()).toBe('done');
    expect(await host.exit).toBe(0);
    expect(host.lines.join('\n')).toContain('appTerminate ran after appStart');
    const again = await started(RunningHost.start('app', { PORT: String(host.port) }));
    expect((await again.request('GET', '/api/empty')).status).toBe(200);
  },
);

test('a host that waits for a service runs nothing before somebody listens there', async () => {
  const service = createServer((socket) => socket.destroy());
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  service.close();
  await once(service, 'close');
  const host = await RunningHost.spawn('app', { WAIT_FOR: `127.0.0.1:${port}` });
  hosts.push(host);
  await host.line(/Waiting for 127/);
  expect(host.lines.join('\n')).not.toContain('Host started');
  service.listen(port, '127.0.0.1');
  await host.line(/^Host started/);
  service.close();
});

test.each(['10002', 'localhost:', 'localhost:70000'])('it cannot wait for %s', async (where) => {
  const host = await RunningHost.spawn('app', { WAIT_FOR: where });
  expect(await host.exit).toBe(1);
  expect(host.lines).toContain(`--wait-for takes HOST:PORT, not '${where}'.`);
});

test('a message never passes for two, and moves no cursor', async () => {
  const host = await started(RunningHost.start('app'));
  await host.request('GET', `/api/says/${encodeURIComponent('a\n[2030] fail: b\u001b[2K')}`);
  await host.line(/Executed 'Functions.says'/);
  expect(host.lines.filter((line) => /\] a$|fail: b/.test(line))).toEqual([
    expect.stringMatching(/^\[.*\] a$/),
    '  [2030] fail: b\\u001b[2K',
  ]);
});

test('what a function prints by itself stands between the lines of its invocation', async () => {
  const host = await started(RunningHost.start('app'));
  await host.request('GET', '/api/slow');
  await host.line(/Executed 'Functions.slow'/);
  const told = host.lines.filter((line) => /slow( began|')/.test(line) && !/http:/.test(line));
  expect(told).toEqual([
    expect.stringContaining("Executing 'Functions.slow'"),
    'slow began',
    expect.stringContaining("Executed 'Functions.slow'"),
  ]);
});

test('a quiet host says what the app says, and what goes wrong', async () => {
  const host = await started(RunningHost.start('app', { QUIET: 'true' }));
  await host.request('GET', '/api/says/something');
  await host.request('GET', '/api/throws');
  await host.line(/fail: .*secret detail/);
  const begun = host.lines.findIndex((line) => line.startsWith('Host started'));
  expect(host.lines.slice(begun + 1).filter((line) => !/^ +at /.test(line))).toEqual([
    expect.stringMatching(/\] something$/),
    expect.stringMatching(/\] fail: Functions.throws: /),
  ]);
});

test('a busy port is told in one line', async () => {
  const host = await started(RunningHost.start('app'));
  const second = await started(RunningHost.spawn('app', { PORT: String(host.port) }));
  expect(await second.exit).toBe(1);
  expect(second.lines.at(-1)).toBe(`Port ${host.port} is unavailable: choose another one by --port.`);
});

test('an app of which no file is found is told', async () => {
  const host = await started(RunningHost.spawn('broken'));
  expect(await host.exit).toBe(1);
  expect(host.lines.at(-1)).toContain('"main" in package.json is none/*.js');
});

test('what an app throws where nobody catches it ends the host, and is told', async () => {
  const host = await started(RunningHost.start('app'));
  await host.request('GET', '/api/crash');
  expect(await host.exit).toBe(1);
  expect(host.lines.join('\n')).toContain('nobody catches this');
});

test.each([
  ['v2', '/v2/empty'],
  ['', '/empty'],
])('the prefix of routes is "%s" where the environment says so', async (prefix, path) => {
  const host = await started(
    RunningHost.start('app', { AzureFunctionsJobHost__extensions__http__routePrefix: prefix }),
  );
  expect((await host.request('GET', path)).status).toBe(200);
  expect((await host.request('GET', '/api/empty')).status).toBe(404);
});

test('the promise of a body longer than the host takes is 500 at once, and the next request is answered', async () => {
  const host = await started(RunningHost.start('app', { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '10' }));
  const promise = 'POST /api/items/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n';
  expect(await host.raw(promise, { more: true })).toMatch(/^HTTP\/1\.1 500 /);
  await host.line(/The body is longer than 10 bytes \(FUNCTIONS_REQUEST_BODY_SIZE_LIMIT\)/);
  expect((await host.request('POST', '/api/items/a', {}, '0123456789')).status).toBe(200);
});

test('the page of the root can be turned off', async () => {
  const host = await started(RunningHost.start('app', { AzureWebJobsDisableHomepage: 'true' }));
  expect((await host.request('GET', '/')).status).toBe(204);
});

describe('settings', () => {
  let dir: string;
  const withSettings = async (settings: object, hostJson: object = { version: '2.0' }) => {
    await writeFile(join(dir, 'local.settings.json'), JSON.stringify(settings));
    await writeFile(join(dir, 'host.json'), JSON.stringify(hostJson));
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'settings-'));
    await cp(join(__dirname, 'fixtures/app'), dir, { recursive: true });
    await symlink(resolve('node_modules'), join(dir, 'node_modules'), 'junction');
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('come from local.settings.json, under those of the environment', async () => {
    const values = { LOCAL_ONLY: 'file', LOCAL_BOTH: 'file', LOCAL_EMPTY: '', LOCAL_NULL: null };
    const { port } = await readSystemOptions(['--port', '0']);
    await withSettings({ Values: values, ConnectionStrings: { LOCAL_C: 'c' }, Host: { LocalHttpPort: port } });
    const host = await started(RunningHost.start(dir, { LOCAL_BOTH: 'environment', PORT: '' }));
    expect(host.port).toBe(port);
    expect(JSON.parse((await host.request('GET', '/api/environment')).body.toString())).toEqual({
      LOCAL_ONLY: 'file',
      LOCAL_BOTH: 'environment',
      LOCAL_EMPTY: '',
      'ConnectionStrings:LOCAL_C': 'c',
      AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
      WEBSITE_HOSTNAME: `localhost:${port}`,
    });
    await host.line(/Skipping 'LOCAL_BOTH' from local settings: the environment defines it\./);
  });

  it.each([
    [{ IsEncrypted: true }, {}, 'local.settings.json is encrypted: run func settings decrypt.'],
    [{ Values: { a: { b: 'c' } } }, {}, 'local.settings.json: Values.a'],
    [{}, { extensions: { queues: { batchSize: 33 } } }, 'host.json: extensions.queues.batchSize: '],
    [{}, { extensions: { queues: { visibilityTimeout: 5 } } }, 'host.json: extensions.queues.visibilityTimeout: '],
    [{}, { extensions: { queues: { visibilityTimeout: 'soon' } } }, 'must be a time span like 00:00:30'],
    [{}, { extensions: { queues: { maxPollingInterval: '00:00:00.05' } } }, 'extensions.queues.maxPollingInterval: '],
  ])('that are wrong end the host, and are named: %j %j', async (settings, hostJson, text) => {
    await withSettings(settings, { version: '2.0', ...hostJson });
    const host = await started(RunningHost.spawn(dir));
    expect(await host.exit).toBe(1);
    expect(host.lines.at(-1)).toContain(text);
  });
});

test('a folder in which nothing can be kept is refused at the start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taken-'));
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  const host = await RunningHost.spawn('app', {}, file);
  expect(await host.exit).toBe(1);
  expect(host.lines.join('\n')).toContain(`Nothing can be kept in ${file}: choose another --state-dir (`);
  await rm(folder, { recursive: true });
});
