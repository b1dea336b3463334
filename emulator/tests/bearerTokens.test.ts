import { createHmac } from 'node:crypto';
import { Registry } from 'azure-iothub';
import { operations } from '../src/rest/operations';
import { dataActionsOf } from '../src/security/roles';
import { startEmulator, type TestEmulator } from './support/emulator';
import { makeIssuer } from './support/jwt';
import { overHttps } from './support/overHttps';

const issuer = makeIssuer('https://sts.example/tenant/');
const elliptic = makeIssuer('https://sts.example/other/', 'ES256');
const stranger = makeIssuer('https://sts.example/tenant/');
const contributor = { roles: ['IoT Hub Data Contributor'] };

let emulator: TestEmulator;
beforeAll(async () => {
  const trustedIssuers = [issuer, elliptic].map(({ issuer, keys }) => ({ issuer, keys }));
  emulator = await startEmulator({ devices: ['device'], trustedIssuers });
});
afterAll(() => emulator.stop());

async function call(token: string, method = 'GET', path = '/twins/device', body = '') {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { status, headers: answered, text } = await emulator.request({ method, path, headers, body });
  return { status, code: answered['iothub-errorcode'], text };
}

const message = ({ text }: { text: string }): string => JSON.parse(text).Message;

describe('a bearer token', () => {
  it('lets azure-iothub in with a token credential', async () => {
    const asked: unknown[] = [];
    const credential = {
      getToken: async (scope: string | string[]) => {
        asked.push(scope);
        return { token: issuer.token(contributor), expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    };
    const registry = overHttps(emulator.agent, Registry.fromTokenCredential('localhost', credential));
    const { responseBody } = await registry.updateTwin('device', { tags: { by: 'token' } }, '*');
    expect(responseBody.tags).toEqual({ by: 'token' });
    expect(asked).toEqual(['https://iothubs.azure.net/.default']);
  });

  it.each([
    ['of RS256', () => issuer.token(contributor)],
    ['of ES256', () => elliptic.token(contributor)],
    [
      'with an audience that ends in a slash',
      () => issuer.token({ ...contributor, aud: 'https://iothubs.azure.net/' }),
    ],
    ['without a key id', () => issuer.token(contributor, { kid: undefined })],
    ['with a role by its id', () => issuer.token({ roles: ['4fc6c259-987e-4a07-842e-c321cc9d413f'] })],
  ])('%s passes', async (_, token) => {
    expect(await call(token())).toMatchObject({ status: 200 });
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const refused: [what: string, token: () => string][] = [
    ['no token', () => 'junk'],
    ['a token of three junk parts', () => 'header.claims.signature'],
    ['an unknown issuer', () => makeIssuer('https://else.example/').token(contributor)],
    ["a stranger's key under a trusted name", () => stranger.token(contributor)],
    ["another trusted issuer's key", () => elliptic.token({ ...contributor, iss: issuer.issuer })],
    ['another audience', () => issuer.token({ ...contributor, aud: 'https://management.azure.com' })],
    ['no audience', () => issuer.token({ ...contributor, aud: undefined })],
    ['an expired token', () => issuer.token({ ...contributor, exp: seconds() - 1 })],
    ['a token that does not expire', () => issuer.token({ ...contributor, exp: undefined })],
    ['a token that is not good yet', () => issuer.token({ ...contributor, nbf: seconds() + 60 })],
    ['a changed claim', () => withChangedClaims(issuer.token())],
    ['no signature', () => unsigned(issuer.token(contributor))],
    ['a signature made with the public key as a secret', () => signedWithThePublicKey()],
  ];
  it.each(refused)('with %s is answered with 401 IotHubUnauthorized', async (_, token) => {
    const sent = token();
    const answer = await call(sent);
    expect([answer.status, answer.code]).toEqual([401, 'IotHubUnauthorized']);
    expect(message(answer)).toMatch(/^ErrorCode:IotHubUnauthorized;The bearer token is not accepted: ./);
    expect(answer.text).not.toContain(sent.split('.')[2] || sent);
  });

  function withChangedClaims(token: string): string {
    const [header, claims = '', signature] = token.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...contributor };
    return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
  }

  function unsigned(token: string): string {
    const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    return `${header}.${token.split('.')[1]}.`;
  }

  function signedWithThePublicKey(): string {
    const [, claims] = issuer.token(contributor).split('.');
    const signed = `${Buffer.from('{"alg":"HS256","kid":"key-1"}').toString('base64url')}.${claims}`;
    const secret = JSON.stringify(issuer.keys.keys[0]);
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }
});

it('is refused by an emulator that trusts no issuer, which says so', async () => {
  const trusting = await startEmulator({ devices: ['device'] });
  const headers = { authorization: `Bearer ${issuer.token(contributor)}` };
  const { status, text } = await trusting.request({ path: '/twins/device', headers });
  expect(status).toBe(401);
  expect(message({ text })).toContain('trusts no issuer');
  await trusting.stop();
});

describe('rights of the built-in roles', () => {
  const calls: Record<string, [method: string, path: string, passes: number]> = {
    'read an identity': ['GET', '/devices/device', 200],
    'list identities': ['GET', '/devices/', 200],
    'write an identity': ['PUT', '/devices/device', 400],
    'delete an identity': ['DELETE', '/devices/device', 412],
    'count identities': ['GET', '/statistics/devices', 200],
    'read a twin': ['GET', '/twins/device', 200],
    'query twins': ['POST', '/devices/query', 400],
    'patch a twin': ['PATCH', '/twins/device', 400],
    'replace a twin': ['PUT', '/twins/device', 400],
    'count connections': ['GET', '/statistics/service', 200],
    'read a job': ['GET', '/jobs/v2/none', 200],
    'list jobs': ['GET', '/jobs/v2/query', 200],
    'create a job': ['PUT', '/jobs/v2/job', 400],
    'cancel a job': ['POST', '/jobs/v2/none/cancel', 404],
  };
  const reads = Object.keys(calls).filter((what) => /^(read|list|count|query) /.test(what));
  it.each<[role: string, may: string[]]>([
    ['IoT Hub Data Contributor', Object.keys(calls)],
    ['IoT Hub Data Reader', reads],
    ['IoT Hub Registry Contributor', Object.keys(calls).slice(0, 4)],
    ['IoT Hub Twin Contributor', Object.keys(calls).slice(5, 9)],
    ['Owner', []],
  ])('%s', async (role, may) => {
    const token = issuer.token({ roles: [role] });
    for (const [what, [method, path, passes]] of Object.entries(calls)) {
      const { status } = await call(token, method, path);
      expect([what, status]).toEqual([what, may.includes(what) ? passes : 401]);
    }
  });

  it('what is missing is told in the words of the service', async () => {
    const answer = await call(issuer.token());
    const said = 'Principal principal-1 is not authorized for GET on /twins/device due to no assigned permissions';
    expect(message(answer)).toBe(`ErrorCode:IotHubUnauthorized;${said}`);
  });

  it('every operation needs a data action', () => {
    const needed = operations.map(({ method, path }) => dataActionsOf(method, path));
    for (const actions of needed) {
      expect(actions).not.toHaveLength(0);
      for (const action of actions) expect(action).toMatch(documented);
    }
  });

  const documented =
    /^(devices\/(read|write|delete)|twins\/(read|write)|jobs\/(read|write|delete)|configurations\/(read|write|delete)|statistics\/read|directMethods\/invoke\/action)$/;
});
