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
    expect(host.lines.join('\n')).toContain('appTerminate ran');
    const again = await started(RunningHost.start('app', { PORT: String(host.port) }));
    expect((await again.request('GET', '/api/empty')).status).toBe(200);
  },
);

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
