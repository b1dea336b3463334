import { once } from 'node:events';
import { connect } from 'node:net';
import { RunningHost } from './runningHost';

let host: RunningHost;

beforeAll(async () => {
  host = await RunningHost.start('app', {
    FROM_LOCAL_SETTINGS: 'from the environment',
    'AzureWebJobs.off.Disabled': 'true',
    ByIdentity__queueServiceUri: 'https://account.queue.core.windows.net',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  });
});
afterAll(() => host.stop());

/** What the echo functions of the fixture were given. */
interface Echo {
  method: string;
  url: string;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

async function echo(
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body = '',
): Promise<Echo> {
  const reply = await host.request(method, path, headers, body);
  expect(reply.status).toBe(200);
  return JSON.parse(reply.body.toString());
}

async function statusOf(method: string, path: string): Promise<[number, string]> {
  const { status, body } = await host.request(method, path);
  return [status, body.toString()];
}

describe('routes', () => {
  it.each([
    ['/api/items/a', { id: 'a' }],
    ['/API/Items/a', { id: 'a' }],
    ['/api/items/a%23b', { id: 'a#b' }],
    ['/api/items/50%25', { id: '50%' }],
    ['/api/items/a%2Bb+c', { id: 'a+b+c' }],
    ['/api/items/a%2Fb', { id: 'a%2Fb' }],
    ['/api/items/%zz', { id: '%zz' }],
    ['/api/items/%C3%A9', { id: 'é' }],
    ['/api/items/a\\b', { id: 'a\\b' }],
    ['/api/numbers/-7', { n: '-7' }],
    ['/api/optional', {}],
    ['/api/optional/here', { part: 'here' }],
    ['/api/fallback', { part: 'given' }],
    ['/api/fallback/other', { part: 'other' }],
    ['/api/rest/a/b/c', { path: 'a/b/c' }],
    ['/api/rest', {}],
  ])('%s has the parameters %j', async (path, params) => {
    expect((await echo('GET', path)).params).toEqual(params);
  });

  it('are tried in the order of registration: a constraint that fails leaves the path to the next', async () => {
    expect((await echo('GET', '/api/numbers/seven')).params).toEqual({ n: 'seven' });
    await host.line(/Executing 'Functions.shadowed'/);
  });

  it.each([
    ['DELETE', '/api/items/a', 'a method that is not listed'],
    ['GET', '/api/only-put', 'the same for a single method'],
    ['HEAD', '/api/items/a', 'HEAD, where it is not listed'],
    ['OPTIONS', '/api/items/a', 'OPTIONS, where it is not listed'],
    ['GET', '/api/no-such-route', 'an unknown path'],
    ['GET', '/items/a', 'a path without the prefix'],
    ['GET', '/api/off', 'a disabled function'],
  ])('%s %s is an empty 404: %s', async (method, path) => {
    expect(await statusOf(method, path)).toEqual([404, '']);
  });

  it('load every file that main matches', async () => {
    expect(await statusOf('GET', '/api/fromTheSecondFile')).toEqual([200, 'from the environment']);
  });
});

describe('a request', () => {
  it('joins headers of one name by commas', async () => {
    const { headers } = await echo('GET', '/api/items/a', { 'x-many': ['a', 'b'] });
    expect(headers['x-many']).toBe('a,b');
  });

  it('has no body where its length is not told', async () => {
    const chunked = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nlost\r\n0\r\n\r\n';
    const reply = await host.raw(`POST /api/items/a HTTP/1.1\r\nHost: localhost\r\n${chunked}`);
    expect(reply).toContain('"body":""');
  });

  it.each(['//', '//items/a', '/\\', 'http://[/'])('for %s is answered, and the host lives', async (target) => {
    const reply = await host.raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 (404|400) /);
    expect(await statusOf('GET', '/api/empty')).toEqual([200, '']);
  });

  it('of a host that is no name is 400', async () => {
    expect((await host.request('GET', '/api/items/a', { host: 'a b' })).status).toBe(400);
  });

  it('whose address is longer than 8,192 characters is 414; a long one below is taken', async () => {
    const path = '/api/items/a?x=';
    expect(await statusOf('GET', path + 'y'.repeat(8193 - path.length))).toEqual([414, '']);
    expect(
      (await echo('GET', path + 'y'.repeat(8192 - path.length), { long: 'z'.repeat(16_000) })).query.x,
    ).toHaveLength(8192 - path.length);
  });

  it('with a zero byte in its path is an empty 400', async () => {
    expect(await statusOf('GET', '/api/items/a%00b')).toEqual([400, '']);
  });

  it.each([
    ['GET /api/items/a HTTP/1.0', 500, 'of HTTP/1.0, without a host'],
    ['FOO /api/items/a HTTP/1.1\r\nHost: localhost', 404, 'of a method that nobody knows'],
    ['GET /api/items/a HTTP/1.1\r\nHost localhost', 400, 'that is none'],
  ])('%j is an empty %i: %s', async (head, status) => {
    const reply = await host.raw(`${head}\r\n\r\n`);
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\n\\r\\n$`, 's'));
  });

  it.each([
    [true, /^HTTP\/1\.1 100 Continue\r\n\r\n$/, 'is asked for it'],
    [false, /^HTTP\/1\.1 200 .*"body":"text"/s, 'is not, once it has sent it'],
  ])('whose client waits to be asked for the body (%s) %s: %s', async (isWaiting, expected) => {
    const head = 'POST /api/items/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n';
    const socket = connect(host.port, '127.0.0.1');
    socket.write(`${head}Expect: 100-continue\r\n\r\n${isWaiting ? '' : 'text'}`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(first.toString()).toMatch(expected);
  });

  it('joins repeated keys of the query, and keeps them in the url', async () => {
    const { query, url } = await echo('GET', '/api/items/a?x=1&x=2&y=%26');
    expect(query).toEqual({ x: '1,2', y: '&' });
    expect(url).toBe(`http://127.0.0.1:${host.port}/api/items/a?x=1&x=2&y=%26`);
  });

  it('has names of headers in lower case', async () => {
    const { headers } = await echo('GET', '/api/items/a', { 'X-Custom-Header': 'Value' });
    expect(headers['x-custom-header']).toBe('Value');
  });

  it('has its body, and none on GET', async () => {
    expect((await echo('POST', '/api/items/a', {}, 'téxt')).body).toBe('téxt');
    expect((await echo('POST', '/api/items/a')).body).toBe('');
    expect((await echo('GET', '/api/items/a', {}, 'dropped')).body).toBe('');
  });
});

describe('an answer', () => {
  it.each([
    ['/api/throws', 500, '', 'of a function that throws is an empty 500'],
    ['/api/text', 500, '', 'that is no object is an empty 500'],
    ['/api/nothing', 204, '', 'of nothing is 204'],
    ['/api/empty', 200, '', 'of an empty object is 200'],
    ['/api/hooked', 200, 'forgiven', 'can be given by a hook that clears the error'],
  ])('%s: %i', async (path, status, body) => {
    expect(await statusOf('GET', path)).toEqual([status, body]);
  });

  it('of a function that throws is told in the log alone', async () => {
    await host.request('GET', '/api/throws');
    await host.line(/Functions\.throws: Error: secret detail/);
    await host.line(/Executed 'Functions\.throws' \(Failed, Id=[0-9a-f-]{36}, Duration=\d+ms\)/);
  });

  it('keeps bytes and cookies as they are', async () => {
    const binary = await host.request('GET', '/api/binary');
    expect([...binary.body]).toEqual([0, 255, 1]);
    expect(binary.headers['content-type']).toBe('application/x');
    const { headers } = await host.request('GET', '/api/cookies');
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/^a=b%20c; Path=\/; HttpOnly; SameSite=Lax$/i)]);
  });
});

test('the root has a page, and only for GET', async () => {
  const page = await host.request('GET', '/');
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html']);
  expect(await statusOf('POST', '/')).toEqual([404, '']);
});

describe('the admin endpoints', () => {
  const json = async (path: string) => JSON.parse((await host.request('GET', path)).body.toString());

  it('tell the state of the host', async () => {
    expect(await json('/admin/host/status')).toMatchObject({
      state: 'Running',
      processUptime: expect.any(Number),
      functionAppContentEditingState: 'Unknown',
    });
    const { headers } = await host.request('GET', '/admin/host/status');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const ping = await host.request('POST', '/admin/host/ping');
    expect(ping).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' } });
    expect(await statusOf('GET', '/admin/nothing')).toEqual([404, '']);
  });

  it('list the functions, without those in error', async () => {
    const functions = (await json('/admin/functions')) as { name: string; isDisabled: boolean }[];
    const names = functions.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['item', 'tick', 'onEvent', 'off']));
    expect(names).not.toEqual(expect.arrayContaining(['unresolved']));
    expect(names).toEqual([...names].sort());
    expect(functions.find(({ name }) => name === 'off')?.isDisabled).toBe(true);
    expect(await json('/admin/functions/ITEM')).toMatchObject({
      name: 'item',
      href: `http://localhost:${host.port}/admin/functions/item`,
      invoke_url_template: `http://localhost:${host.port}/api/items/{id}`,
      config: {
        language: 'node',
        bindings: [{ type: 'httpTrigger' }, { type: 'http', direction: 'out', name: '$return' }],
      },
    });
    expect(await json('/admin/functions/fromTheSecondFile')).toMatchObject({
      invoke_url_template: `http://localhost:${host.port}/api/fromthesecondfile`,
    });
    expect(await json('/admin/functions/item/status')).toEqual({});
    expect(await json('/admin/functions/unresolved/status')).toEqual({
      errors: ["'%NO_SUCH_SETTING%' does not resolve to a value."],
    });
  });

  it.each<[string, string | undefined, string, number, string]>([
    ['/admin/functions/tick', 'application/json', '{}', 202, 'runs a timer'],
    [
      '/admin/functions/tick',
      'application/json; charset=utf-8',
      '{"input":""}',
      202,
      'runs it with an input without use',
    ],
    ['/admin/functions/tick', 'application/json', '{"input":null}', 202, 'takes null for none'],
    ['/admin/functions/tick', 'application/json', '', 400, 'wants a body'],
    ['/admin/functions/tick', 'application/json', 'not json', 400, 'wants JSON'],
    ['/admin/functions/tick', 'text/plain', '{}', 415, 'wants its type'],
    ['/admin/functions/tick', 'text/plain;application/json', '{}', 415, 'wants it first'],
    ['/admin/functions/tick', 'text/json', '{}', 415, 'wants it alone'],
    ['/admin/functions/tick', undefined, '{}', 415, 'wants a type'],
    ['/admin/functions/nobody', 'application/json', '{}', 404, 'knows its functions'],
  ])('POST %s of %s %s answers an empty %i: %s', async (path, type, body, status) => {
    const reply = await host.request('POST', path, type === undefined ? {} : { 'content-type': type }, body);
    expect([reply.status, reply.body.toString()]).toEqual([status, '']);
  });

  it('answer before the function has run, and log how it ended', async () => {
    const from = host.lines.length;
    await host.request('POST', '/admin/functions/tick', { 'content-type': 'application/json' }, '{}');
    const tick = await host.line(/ tick \{|^tick \{/, from);
    expect(JSON.parse(tick.slice(tick.indexOf('{')))).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: null,
      isPastDue: false,
    });
    await host.line(/Executed 'Functions.tick' \(Succeeded/, from);
  });
});

test('the console lists HTTP functions with their addresses, then the others, then the disabled', async () => {
  const list = host.lines.join('\n');
  expect(list).toContain(`\tonlyPut: [PUT] http://localhost:${host.port}/api/only-put\n`);
  expect(list).toContain('\ttick: timerTrigger\n');
  expect(list.indexOf('item: [GET,POST]')).toBeLessThan(list.indexOf('tick: timerTrigger'));
  expect(list).toContain('Function off is disabled.');
});

test.each([
  ['unresolved', "'%NO_SUCH_SETTING%' does not resolve to a value."],
  ['badSchedule', "The schedule expression 'now and then' was not recognized"],
  ['bus', "Triggers of type 'serviceBusTrigger' are not served"],
  [
    'keyless',
    "'ByIdentity__queueServiceUri' stands for an identity, which a local host has not: set 'ByIdentity' to a",
  ],
  ['badName', "'no_queue' is not a queue's name: 3 to 63 letters, digits and single dashes"],
])('the function %s is in error, and the others run', (name, text) => {
  expect(host.lines.join('\n')).toContain(`The '${name}' function is in error: ${text}`);
});
