import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RunningHost } from './runningHost';

let host: RunningHost;
const status = async (path: string, headers: Record<string, string> = {}) =>
  (await host.request('GET', path, headers)).status;
const headersOf = async (headers: Record<string, string>): Promise<Record<string, string>> =>
  JSON.parse((await host.request('GET', '/api/locked', headers)).body.toString()).headers;

describe('with keys', () => {
  let keys: Record<string, string>;

  beforeAll(async () => {
    host = await RunningHost.start('app', { AUTH: 'keys' });
    const file = join(host.stateDir, 'keys.json');
    keys = JSON.parse(readFileSync(file, 'utf8'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
  afterAll(() => host.stop());

  it.each([
    ['/api/items/a', 200, 200, 200],
    ['/api/locked', 401, 200, 200],
    ['/api/sealed', 401, 401, 200],
    ['/admin/functions', 401, 401, 200],
    ['/admin/host/ping', 200, 200, 200],
    ['/api/nowhere', 404, 404, 404],
  ])('%s answers %d without a key, %d with that of functions, %d with the master key', async (path, none, one, all) => {
    expect(await status(path)).toBe(none);
    expect(await status(path, { 'x-functions-key': 'other' })).toBe(none);
    expect(await status(path, { 'x-functions-key': keys.function ?? '' })).toBe(one);
    expect(await status(`${path}?code=${keys.function}`)).toBe(one);
    expect(await status(path, { 'x-functions-key': keys.master ?? '' })).toBe(all);
  });

  it('says nothing in its refusal, and no key in what it prints', async () => {
    expect((await host.request('GET', '/api/locked')).body).toHaveLength(0);
    expect(host.lines.filter((line) => line.includes(keys.function ?? '-'))).toEqual([]);
  });

  it('has the same keys when it starts again', async () => {
    const again = await RunningHost.start('app', { AUTH: 'keys' }, host.stateDir);
    expect(JSON.parse(readFileSync(join(host.stateDir, 'keys.json'), 'utf8'))).toEqual(keys);
    await again.stop();
  });
});

describe('with sign-in', () => {
  beforeAll(async () => {
    host = await RunningHost.start('app', { AUTH: 'sign-in' });
  });
  afterAll(() => host.stop());

  const rolesIn = (headers: Record<string, string>) => {
    const told = JSON.parse(Buffer.from(headers['x-ms-client-principal'] ?? '', 'base64').toString());
    return told.claims.filter(({ typ }: { typ: string }) => typ === 'roles').map(({ val }: { val: string }) => val);
  };

  it('tells the app who signed in, by the cookie that signing in gave', async () => {
    const { status, headers } = await host.request(
      'GET',
      '/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fpage%23%2Flive',
    );
    expect([status, headers.location]).toEqual([302, '/api/page#/live']);
    const cookie = String(headers['set-cookie']);
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/i);
    const told = await headersOf({ cookie: cookie.split(';')[0] ?? '' });
    expect(told['x-ms-client-principal-name']).toBe('operator');
    expect(rolesIn(told)).toEqual(['Fleet.Read', 'Fleet.Write']);
  });

  it('takes a bearer token of its form, and no other', async () => {
    expect(rolesIn(await headersOf({ authorization: 'Bearer ada:Fleet.Read' }))).toEqual(['Fleet.Read']);
    expect(rolesIn(await headersOf({ authorization: 'Bearer ada:' }))).toEqual([]);
    expect(await headersOf({ authorization: 'Bearer eyJ0' })).not.toHaveProperty('x-ms-client-principal');
  });

  it('takes away what others say of who signed in', async () => {
    const forged = { 'x-ms-client-principal': 'e30=', 'X-MS-CLIENT-PRINCIPAL-NAME': 'mallory' };
    const told = Object.keys(await headersOf(forged));
    expect(told.filter((name) => name.startsWith('x-ms-client-principal'))).toEqual([]);
    expect((await headersOf({ ...forged, authorization: 'Bearer ada:' }))['x-ms-client-principal-name']).toBe('ada');
  });

  it.each(['https://elsewhere.example/', '//elsewhere.example', '/\\elsewhere.example'])(
    'leads nobody to %s',
    async (back) => {
      const path = `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(back)}`;
      expect((await host.request('GET', path)).headers.location).toBe('/');
    },
  );

  it('forgets who signs out', async () => {
    const { headers } = await host.request('GET', '/.auth/logout');
    expect(String(headers['set-cookie'])).toMatch(/^AppServiceAuthSession=;.*Max-Age=0/);
  });
});

it('without either, headers come as they were sent, as with Core Tools', async () => {
  host = await RunningHost.start('app');
  expect(await headersOf({ 'x-ms-client-principal': 'e30=' })).toMatchObject({ 'x-ms-client-principal': 'e30=' });
  await host.stop();
});

it('another mode is refused', async () => {
  host = await RunningHost.spawn('app', { AUTH: 'maybe' });
  await host.line(/--auth takes keys or sign-in/);
  expect(await host.exit).toBe(1);
});
