import { type HttpHandler, HttpRequest, type HttpResponseInit } from '@azure/functions';
import { readSettings, settingProblems } from '../../src/app/settings';
import { describeProblem } from '../../src/errors/settingError';
import { recordingContext } from './functionCalls';

/** Loads the app with these settings; answers each HTTP function's level and handler. */
async function loadApp(env: Record<string, string>) {
  const functions = new Map<string, { authLevel: unknown; handler: HttpHandler }>();
  jest.resetModules();
  jest.doMock('@azure/functions', () => ({
    ...jest.requireActual('@azure/functions'),
    app: {
      setup() {},
      http: (name: string, options: { authLevel: unknown; handler: HttpHandler }) => functions.set(name, options),
      timer() {},
      eventHub() {},
      eventGrid() {},
      storageQueue() {},
      hook: { preInvocation() {}, appStart() {} },
    },
  }));
  const before = process.env;
  process.env = { ...before, SIGN_IN: '', WEBSITE_AUTH_ENABLED: '', ...env };
  try {
    await import('../../src/index');
  } finally {
    process.env = before;
  }
  return functions;
}

/** As the platform tells who signed in. */
function principal(...roles: string[]): string {
  const claims = [{ typ: 'name', val: 'ada' }, ...roles.map((val) => ({ typ: 'roles', val }))];
  return Buffer.from(JSON.stringify({ auth_typ: 'aad', claims, role_typ: 'roles' })).toString('base64');
}

async function call(handler: HttpHandler | undefined, method: string, headers: Record<string, string>) {
  const request = new HttpRequest({ url: 'http://localhost/api/x', method, headers, params: { jobId: 'j' } });
  const answer = (await handler?.(request, recordingContext().context)) as HttpResponseInit;
  return { status: answer.status ?? 200, body: JSON.parse(String(answer.body ?? 'null')) };
}

const on = { SIGN_IN: 'true', WEBSITE_AUTH_ENABLED: 'True' };

describe('who decides', () => {
  it.each([
    [{}, 'function', undefined],
    [{ WEBSITE_AUTH_ENABLED: 'True' }, 'function', undefined],
    [{ SIGN_IN: 'false', WEBSITE_AUTH_ENABLED: 'True' }, 'function', undefined],
    [{ SIGN_IN: 'true' }, 'function', 'Setting SIGN_IN is true, but App Service authentication is not switched on'],
    [{ SIGN_IN: 'true', WEBSITE_AUTH_ENABLED: 'False' }, 'function', 'Setting SIGN_IN is true, but'],
    [{ SIGN_IN: 'yes', WEBSITE_AUTH_ENABLED: 'True' }, 'function', 'Setting SIGN_IN is neither true nor false'],
    [on, 'anonymous', undefined],
    [{ SIGN_IN: 'True', WEBSITE_AUTH_ENABLED: 'true' }, 'anonymous', undefined],
  ])('%j: %s', async (env, level, problem) => {
    const functions = await loadApp(env as Record<string, string>);
    const levels = [...functions].filter(([name]) => name !== 'page').map(([, { authLevel }]) => authLevel);
    expect(new Set(levels)).toEqual(new Set([level]));
    expect(levels.length).toBeGreaterThan(10);
    expect(functions.get('page')?.authLevel).toBe('anonymous');
    const told = settingProblems(readSettings(env))
      .map(describeProblem)
      .filter((text) => text.includes('SIGN_IN'));
    expect(told).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
  });
});

describe('with sign-in', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['nobody', 'GET', {}, 401, 'not-signed-in'],
    ['who sends no principal that can be read', 'GET', { 'x-ms-client-principal': 'e30x' }, 401, 'not-signed-in'],
    ['who sends a name alone', 'GET', { 'x-ms-client-principal-name': 'ada' }, 401, 'not-signed-in'],
    ['a key', 'GET', { 'x-functions-key': 'k' }, 401, 'not-signed-in'],
    ['no role', 'GET', { 'x-ms-client-principal': principal() }, 403, 'role-missing'],
    ['another role', 'GET', { 'x-ms-client-principal': principal('Fleet.Admin') }, 403, 'role-missing'],
    ['Fleet.Read', 'POST', { ...json, 'x-ms-client-principal': principal('Fleet.Read') }, 403, 'role-missing'],
    [
      'Fleet.Write, by a form',
      'POST',
      { 'content-type': 'text/plain', 'x-ms-client-principal': principal('Fleet.Write') },
      415,
      'unsupported-content-type',
    ],
    [
      'Fleet.Write, without a body',
      'POST',
      { 'x-ms-client-principal': principal('Fleet.Write') },
      415,
      'unsupported-content-type',
    ],
  ])('%s may not %s', async (_, method, headers, status, name) => {
    const functions = await loadApp(on);
    for (const each of ['statistics', 'tagTwins', 'tagJob', 'undoJob', 'openapi']) {
      const answer = await call(functions.get(each)?.handler, method, headers as Record<string, string>);
      expect(answer).toMatchObject({ status, body: { type: `urn:device-twins:problem:${name}` } });
    }
  });

  it.each([
    ['Fleet.Read', 'GET', {}],
    ['Fleet.Write', 'GET', {}],
    ['Fleet.Write', 'POST', json],
    ['Fleet.Write', 'POST', { 'content-type': 'text/csv; charset=utf-8' }],
    ['Fleet.Write', 'DELETE', { 'x-requested-by': 'page' }],
  ])('%s may %s %j', async (role, method, headers) => {
    const functions = await loadApp(on);
    const answer = await call(functions.get('tagJob')?.handler, method, {
      ...(headers as Record<string, string>),
      'x-ms-client-principal': principal(role),
    });
    // There are no tables here: the function was reached.
    expect(answer.body).toMatchObject({ type: 'urn:device-twins:problem:invalid-setting' });
  });

  it('the page itself is for everybody: it is what they sign in from', async () => {
    const functions = await loadApp(on);
    expect(functions.get('page')?.authLevel).toBe('anonymous');
  });
});

it('without sign-in, a forged principal counts for nothing', async () => {
  const functions = await loadApp({ SIGN_IN: 'true', WEBSITE_AUTH_ENABLED: '' });
  expect(functions.get('tagJob')?.authLevel).toBe('function');
  const headers = { 'x-ms-client-principal': principal('Fleet.Write'), 'x-ms-client-principal-name': 'mallory' };
  const [forged, plain] = [headers, {}].map((each) => call(functions.get('tagJob')?.handler, 'GET', each));
  expect(await forged).toEqual(await plain);
});
