import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSystem, stopSystems } from './system';

afterEach(stopSystems);

test('with keys, as Azure asks for them, the page is for everybody and the API for who has one', async () => {
  const { url, stateDir } = await startSystem('--auth', 'keys');
  const statusOf = async (path: string, headers = {}) => (await fetch(`${url}/api/${path}`, { headers })).status;
  const keys: Record<string, string> = JSON.parse(readFileSync(join(stateDir, 'host/keys.json'), 'utf8'));
  expect(await statusOf('page')).toBe(200);
  expect(await statusOf('statistics')).toBe(401);
  expect(await statusOf('statistics', { 'x-functions-key': keys.function })).toBe(200);
  expect(await statusOf('statistics', { 'x-ms-client-principal': 'e30=' })).toBe(401);
});

test('with sign-in, who comes back has a role, and what they do is told by their name', async () => {
  const { url, lines } = await startSystem('--auth', 'sign-in');
  const signedIn = await fetch(`${url}/.auth/login/aad?as=ada:Fleet.Write`, { redirect: 'manual' });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}/api/${path}`, init);
  expect((await ask('page')).status).toBe(200);
  expect(await (await ask('statistics')).json()).toMatchObject({ type: 'urn:device-twins:problem:not-signed-in' });
  const forged = Buffer.from(JSON.stringify({ claims: [{ typ: 'roles', val: 'Fleet.Write' }] })).toString('base64');
  expect((await ask('statistics', { headers: { 'x-ms-client-principal': forged } })).status).toBe(401);
  expect((await ask('statistics', { headers: { authorization: 'Bearer bob:Fleet.Read' } })).status).toBe(200);
  const tag = (headers: Record<string, string>) =>
    ask('devices/myDeviceId/tags', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"site":1}',
    });
  expect((await tag({ authorization: 'Bearer bob:Fleet.Read' })).status).toBe(403);
  expect((await tag({ cookie })).status).toBe(200);
  await lines.match(/devices\/myDeviceId changed: tags/);
  const { changes } = (await (await ask('devices/myDeviceId/changes', { headers: { cookie } })).json()) as {
    changes: { by?: string }[];
  };
  expect(changes.map(({ by }) => by)).toContain('ada');
});
