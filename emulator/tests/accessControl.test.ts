import { createHmac } from 'node:crypto';
import { startEmulator, type TestEmulator } from './support/emulator';
import { keyOf, signSas } from './support/sas';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['device', 'device2', 'with%41#'] });
});
afterAll(() => emulator.stop());

const policyKey = (policy: string) => keyOf(emulator.hub.connectionString(policy));
const ownerToken = (input: Partial<Parameters<typeof signSas>[0]> = {}) =>
  signSas({ key: policyKey('iothubowner'), policy: 'iothubowner', ...input });

async function call(authorization: string, method = 'GET', path = '/twins/device') {
  const { status, headers, text } = await emulator.request({ method, path, headers: { authorization } });
  return { status, code: headers['iothub-errorcode'], text };
}

describe('a call of a service', () => {
  it.each([
    ['plain', 'localhost'],
    ['with a port', 'localhost:8443'],
    ['percent-encoded', 'localhost%3A8443'],
    ['scoped to the device', 'localhost/twins/device'],
    ['scoped, percent-encoded, with a slash at the end', 'localhost%2ftwins%2Fdevice%2F'],
  ])('passes with a resource that is %s', async (_, resource) => {
    expect(await call(ownerToken({ resource }))).toMatchObject({ status: 200 });
  });

  it('passes whatever the order of the fields', async () => {
    const [, fields = ''] = ownerToken().split(' ');
    const token = `SharedAccessSignature ${fields.split('&').reverse().join('&')}`;
    expect(await call(token)).toMatchObject({ status: 200 });
  });

  it('compares the scope with the decoded path', async () => {
    const path = `/twins/${encodeURIComponent('with%41#')}`;
    const resource = `localhost%2Ftwins%2F${encodeURIComponent('with%41#')}`;
    expect(await call(ownerToken({ resource }), 'GET', path)).toMatchObject({ status: 200 });
  });

  it('without a token is answered with 401 IotHubUnauthorized', async () => {
    expect(await call('')).toMatchObject({ status: 401, code: 'IotHubUnauthorized' });
  });

  const refused: [what: string, token: () => string][] = [
    ['another scheme', () => `Basic ${ownerToken()}`],
    ['no fields', () => 'SharedAccessSignature '],
    ['junk', () => 'SharedAccessSignature &&=&%zz=%'],
    ['a forged signature', () => ownerToken({ key: Buffer.alloc(32).toString('base64') })],
    ['a cut signature', () => ownerToken().replace(/sig=[^&]{8}/, 'sig=')],
    ['an empty signature', () => ownerToken().replace(/sig=[^&]*/, 'sig=')],
    ['broken percent-encoding', () => ownerToken().replace(/sig=/, 'sig=%zz')],
    ['an expired token', () => ownerToken({ expiresIn: -1 })],
    ['an expiry changed after signing', () => ownerToken().replace(/se=\d/, 'se=9')],
    ['an expiry that is no number', () => ownerToken().replace(/se=\d+/, 'se=never')],
    ['a resource changed after signing', () => ownerToken().replace('sr=localhost', 'sr=localhost%3A1')],
    ['the scope of another device', () => ownerToken({ resource: 'localhost/twins/device2' })],
    ['the scope of a shorter name', () => ownerToken({ resource: 'localhost/twins/dev' })],
    ['the scope of another device, encoded twice', () => ownerToken({ resource: 'localhost%252Ftwins%252Fdevice2' })],
    ['a scope without a host', () => ownerToken({ resource: '%2Ftwins%2Fdevice' })],
    ['a scope of a broken encoding', () => ownerToken({ resource: 'localhost%zz' })],
    ['an unknown policy', () => ownerToken({ policy: 'nobody' })],
    ['a policy named like a member of every object', () => ownerToken({ policy: '__proto__' })],
    ['no policy', () => signSas({ key: policyKey('iothubowner') })],
    ['the key of another policy', () => ownerToken({ key: policyKey('service') })],
    ['the key of a device', () => ownerToken({ key: keyOf(emulator.hub.deviceConnectionString('device')) })],
    ['a key that was not decoded', () => signedWithTheTextOfTheKey()],
  ];
  it.each(refused)('with %s is answered with 401 IotHubUnauthorizedAccess', async (_, token) => {
    const { status, code, text } = await call(token());
    expect([status, code]).toEqual([401, 'IotHubUnauthorizedAccess']);
    expect(JSON.parse(text).Message).toBe('ErrorCode:IotHubUnauthorizedAccess;Unauthorized');
  });

  function signedWithTheTextOfTheKey(): string {
    return ownerToken({ key: Buffer.from(policyKey('iothubowner')).toString('base64') });
  }

  it('hears nothing of keys or signatures from a refusal', async () => {
    const token = ownerToken({ expiresIn: -1 });
    const { text } = await call(token);
    expect(text).not.toContain(policyKey('iothubowner'));
    expect(text).not.toMatch(/sig|SharedAccess/);
  });

  it('does not reach what it may not see: 401 comes before 404', async () => {
    expect(await call(ownerToken({ expiresIn: -1 }), 'GET', '/twins/nobody')).toMatchObject({ status: 401 });
    expect(await call('', 'GET', '/nothing')).toMatchObject({ status: 401 });
  });
});

describe('a token that a device made of its own key', () => {
  const own = (resource: string) => signSas({ key: keyOf(emulator.hub.deviceConnectionString('device')), resource });

  it.each([
    ['GET', '/devices/device'],
    ['PUT', '/devices/device'],
    ['GET', '/twins/device'],
    ['GET', '/devices/device/modules'],
  ])('has no right to %s %s', async (method, path) => {
    for (const resource of ['localhost', 'localhost/devices/device', `localhost${path}`]) {
      expect(await call(own(resource), method, path)).toMatchObject({ status: 401, code: 'IotHubUnauthorizedAccess' });
    }
  });
});

it("a policy's token that is scoped to a device reaches its identity, not its twin and no other device", async () => {
  const token = ownerToken({ resource: 'localhost/devices/device' });
  expect(await call(token, 'GET', '/devices/device')).toMatchObject({ status: 200 });
  expect(await call(token, 'GET', '/devices/device/modules')).toMatchObject({ status: 200 });
  expect(await call(token, 'GET', '/twins/device')).toMatchObject({ status: 401 });
  expect(await call(token, 'GET', '/devices/device2')).toMatchObject({ status: 401 });
});

describe('rights of the policies', () => {
  const calls: Record<string, [method: string, path: string, passes: number]> = {
    'read an identity': ['GET', '/devices/device', 200],
    'list identities': ['GET', '/devices/', 200],
    'count identities': ['GET', '/statistics/devices', 200],
    'write an identity': ['PUT', '/devices/device', 400],
    'delete an identity': ['DELETE', '/devices/device', 412],
    'read a twin': ['GET', '/twins/device', 200],
    'patch a twin': ['PATCH', '/twins/device', 400],
    'replace a twin': ['PUT', '/twins/device', 400],
    'query twins': ['POST', '/devices/query', 400],
    'call a method': ['POST', '/twins/device/methods', 400],
    'call a method of a module': ['POST', '/twins/device/modules/none/methods', 400],
    'change many identities': ['POST', '/devices', 400],
    'read the modules of a device': ['GET', '/devices/device/modules', 200],
    'read a module': ['GET', '/devices/device/modules/none', 404],
    'write a module': ['PUT', '/devices/device/modules/module', 400],
    'delete a module': ['DELETE', '/devices/device/modules/module', 412],
    'read the twin of a module': ['GET', '/twins/device/modules/none', 404],
    'patch the twin of a module': ['PATCH', '/twins/device/modules/none', 400],
    'replace the twin of a module': ['PUT', '/twins/device/modules/none', 400],
    'count connections': ['GET', '/statistics/service', 200],
    'read a job': ['GET', '/jobs/v2/none', 200],
    'list jobs': ['GET', '/jobs/v2/query', 200],
    'create a job': ['PUT', '/jobs/v2/job', 400],
    'cancel a job': ['POST', '/jobs/v2/none/cancel', 404],
    'ask for what is not served': ['GET', '/digitaltwins/any', 501],
  };
  const registryRead = [
    'read an identity',
    'list identities',
    'count identities',
    'read the modules of a device',
    'read a module',
  ];
  const registryWrite = [
    'write an identity',
    'delete an identity',
    'change many identities',
    'write a module',
    'delete a module',
  ];
  const every = 'ask for what is not served';
  const service = Object.keys(calls).filter((what) => ![...registryRead, ...registryWrite, every].includes(what));
  it.each([
    ['iothubowner', Object.keys(calls)],
    ['service', [...service, every]],
    ['device', [every]],
    ['registryRead', [...registryRead, every]],
    ['registryReadWrite', [...registryRead, ...registryWrite, every]],
  ])('%s', async (policy, may) => {
    for (const [what, [method, path, passes]] of Object.entries(calls)) {
      const { status } = await call(signSas({ key: policyKey(policy), policy }), method, path);
      expect([what, status]).toEqual([what, may.includes(what) ? passes : 401]);
    }
  });
});

it('signs as the documents of the service say', () => {
  const token = signSas({ key: 'c2VjcmV0', policy: 'p', resource: 'a' });
  const [, se = ''] = /&se=(\d+)/.exec(token) ?? [];
  const expected = createHmac('sha256', 'secret').update(`a\n${se}`).digest('base64');
  expect(token).toContain(`&sig=${encodeURIComponent(expected)}&`);
});
