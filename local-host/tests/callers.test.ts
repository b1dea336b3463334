import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunningHost } from './runningHost';

let dir: string;
/** As it is without a word, and with another name and CORS. */
let plain: RunningHost;
let open: RunningHost;

const partner = 'https://partner.example';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'callers-'));
  await cp(join(__dirname, 'fixtures/app'), dir, { recursive: true });
  await symlink(resolve('node_modules'), join(dir, 'node_modules'), 'junction');
  await writeFile(join(dir, 'local.settings.json'), JSON.stringify({ Host: { CORS: `http://a.example, ${partner}` } }));
  [plain, open] = await Promise.all([
    RunningHost.start('app'),
    RunningHost.start(dir, { HOST_NAME: 'Gateway.Example' }),
  ]);
});
afterAll(async () => {
  await Promise.all([plain.stop(), open.stop()]);
  await rm(dir, { recursive: true });
});

const own = ['localhost', 'LOCALHOST:7071', '127.0.0.1:1', '127.8.9.1', '[::1]', '[::1]:7071'];
const foreign = ['rebound.example', 'rebound.example:7071', 'localhost.example', '10.0.0.1', '[::2]', 'localhost.'];

async function answering(host: RunningHost, names: readonly string[]): Promise<string[]> {
  const asked = names.map(
    async (name) => [name, (await host.request('GET', '/api/empty', { host: name })).status] as const,
  );
  const statuses = await Promise.all(asked);
  expect(statuses.filter(([, status]) => status !== 200 && status !== 421)).toEqual([]);
  return statuses.filter(([, status]) => status === 200).map(([name]) => name);
}

describe('the host answers by', () => {
  test('the names of this machine alone, with any port', async () => {
    expect(await answering(plain, [...own, ...foreign])).toEqual(own);
  });

  test('those of --host too', async () => {
    const names = ['gateway.example', 'GATEWAY.example:443'];
    expect(await answering(open, [...own, ...names, ...foreign])).toEqual([...own, ...names]);
  });

  const body = JSON.stringify({ input: JSON.stringify({ id: 'forged' }) });
  test.each([
    ['GET', '/'],
    ['GET', '/no-such-path'],
    ['GET', '/admin/functions'],
    ['POST', '/admin/functions/onEvent'],
    ['POST', '/x/../ADMIN/functions/onEvent'],
    ['POST', '/runtime/webhooks/EventGrid?functionName=onEvent'],
  ])('no other: %s %s is 421, which says what to do', async (method, path) => {
    const headers = { host: 'rebound.example', 'content-type': 'application/json', 'aeg-event-type': 'Notification' };
    const reply = await plain.request(method, path, headers, method === 'POST' ? body : '');
    expect([reply.status, reply.body.toString()]).toEqual([421, expect.stringContaining('--host')]);
  });

  test.each(['a b', 'localhost/', 'a@localhost', '%6cocalhost'])('no name that is none: %j', async (host) => {
    expect((await plain.request('GET', '/admin/host/status', { host })).status).toBe(400);
  });
});

describe('a page in a browser', () => {
  const from = (host: RunningHost, origin: string, path: string, method = 'GET') =>
    host.request(method, path, { host: 'localhost:7071', origin, 'content-type': 'application/json' });

  test.each([
    ['http://localhost:7071', 200],
    ['https://localhost:7071', 403],
    ['http://localhost:3000', 403],
    ['http://rebound.example', 403],
    ['null', 403],
    ['', 403],
  ])('of the origin %j calls a function: %i', async (origin, status) => {
    expect((await from(plain, origin, '/api/empty')).status).toBe(status);
  });

  test('calls functions where Host.CORS lets it, and is asked before', async () => {
    const reply = await from(open, partner, '/api/empty');
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, partner]);
    const asked = { host: 'localhost', origin: partner, 'access-control-request-method': 'PUT' };
    expect((await open.request('OPTIONS', '/api/only-put', asked)).status).toBe(204);
    expect((await from(open, 'https://other.example', '/api/empty')).status).toBe(403);
  });

  test.each([
    ['POST', '/admin/functions/tick'],
    ['GET', '/Admin/host/status'],
    ['OPTIONS', '/runtime/webhooks/EventGrid?functionName=onEvent'],
    ['POST', '/runtime/webhooks/EventGrid?functionName=onEvent'],
  ])('does not call %s %s, whatever Host.CORS says', async (method, path) => {
    const reply = await from(open, partner, path, method);
    expect([reply.status, reply.body.toString()]).toEqual([403, expect.stringContaining('another origin')]);
  });

  test('of no other origin has run a function', () => {
    expect([...plain.lines, ...open.lines].join('\n')).not.toMatch(/Executing 'Functions\.(onEvent|tick)'/);
  });
});
