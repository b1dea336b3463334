import { endpoint } from '../../src/api/http/endpoint';
import { openApiDocument } from '../../src/api/openapi/document';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { getTwin } from '../../src/functions/getTwin';
import { queryTwins } from '../../src/functions/queryTwins';
import { statistics } from '../../src/functions/statistics';
import { tagTwin } from '../../src/functions/tagTwin';
import { call, servicesOf } from './functionCalls';
import { failure, json, type ScriptedHub, startScriptedHub } from './scriptedHub';

const twin = {
  deviceId: 'd1',
  etag: 'AAAAAAAAAAI=',
  version: 3,
  tags: { plant: 'P1' },
  connectionState: 'Connected',
  properties: { desired: { $version: 1 }, reported: { $version: 1 } },
};

let server: ScriptedHub;
let services: Services;

beforeAll(async () => {
  server = await startScriptedHub();
});
afterAll(() => server.stop());
beforeEach(() => {
  services = servicesOf(server);
  server.play(json(twin));
});

function tag(
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  deviceId = 'd1',
) {
  const content = typeof body === 'string' ? { string: body } : { bytes: body };
  return call(endpoint(tagTwin, services), { method: 'PATCH', headers, params: { deviceId }, body: content });
}

describe('tagTwin', () => {
  it('merges the tags of any version of a twin', async () => {
    const { etag, version, tags } = twin;
    await expect(tag('{"plant":"P1","floor":null}')).resolves.toMatchObject({
      status: 200,
      headers: { etag: '"AAAAAAAAAAI="' },
      body: { deviceId: 'd1', etag, version, tags },
    });
    expect(server.received[0]?.body).toBe('{"tags":{"plant":"P1","floor":null}}');
    expect(server.received[0]?.headers['if-match']).toBe('"*"');
  });

  it.each(['"AAAAAAAAAAE="', 'AAAAAAAAAAE='])('passes If-Match %s on', async (etag) => {
    await tag('{"a":1}', { 'content-type': 'application/merge-patch+json; charset=utf-8', 'if-match': etag });
    expect(server.received[0]?.headers['if-match']).toBe('"AAAAAAAAAAE="');
  });

  it('writes nothing where there is nothing to write, and answers the twin', async () => {
    const { etag, version, tags } = twin;
    const headers = { 'content-type': 'application/json' };
    await expect(tag('{}')).resolves.toMatchObject({ status: 200, body: { deviceId: 'd1', etag, version, tags } });
    await expect(tag('{}', { ...headers, 'if-match': etag })).resolves.toMatchObject({ status: 200 });
    await expect(tag('{}', { ...headers, 'if-match': 'AAAAAAAAAAE=' })).resolves.toMatchObject({ status: 412 });
    expect(server.received.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  });

  it.each([
    ['malformed JSON', '{"plant":', {}, 400, 'well-formed JSON'],
    ['no body, as where it came in chunks', '', {}, 400, 'Content-Length'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'UTF-8'],
    ['a list', '[]', {}, 400, 'merge patch'],
    ['a forbidden name', '{"a.b":1}', {}, 400, 'tags.a.b'],
    ['a weak etag', '{}', { 'if-match': 'W/"a"' }, 400, 'If-Match'],
    ['a list of etags', '{}', { 'if-match': '"a", "b"' }, 400, 'If-Match'],
    ['another content type', '{}', { 'content-type': 'text/plain' }, 415, 'application/json'],
    ['no content type', '{}', { 'content-type': '' }, 415, 'application/json'],
    ['a large body', ' '.repeat(65_537), {}, 413, '65536'],
    ['the promise of a large body', '{}', { 'content-length': '65537' }, 413, '65536'],
  ])('refuses %s before it calls the hub', async (_name, body, headers, status, detail) => {
    const answer = await tag(body, { 'content-type': 'application/json', ...headers });
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(answer.body).toMatchObject({ status, detail: expect.stringContaining(detail), title: expect.any(String) });
    expect(answer.body).toHaveProperty('type', expect.stringMatching(/^urn:device-twins:problem:/));
    expect(server.received).toEqual([]);
  });

  it('names the path of a tag beyond a limit', async () => {
    await expect(tag('{"o":{"n":4503599627370496}}')).resolves.toMatchObject({ body: { path: 'tags.o.n' } });
  });

  it('takes tags in the form of a twin only where that is meant', async () => {
    const send = (query: Record<string, string>, body: string) =>
      call(endpoint(tagTwin, services), {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        params: { deviceId: 'd1' },
        query,
        body: { string: body },
      });
    await expect(send({}, '{"tags":{"plant":"X"}}')).resolves.toMatchObject({
      status: 400,
      body: { path: 'tags.tags', detail: expect.stringContaining('send {"plant":"X"} without a member tags') },
    });
    await expect(send({ allow: 'all' }, '{}')).resolves.toMatchObject({ status: 400, body: { path: 'allow' } });
    expect(server.received).toEqual([]);
    await expect(send({ allow: 'tags' }, '{"tags":{"plant":"X"}}')).resolves.toMatchObject({ status: 200 });
    await expect(send({}, '{"tags":null}')).resolves.toMatchObject({ status: 200 });
    expect(server.received.map(({ body }) => body)).toEqual([
      '{"tags":{"tags":{"plant":"X"}}}',
      '{"tags":{"tags":null}}',
    ]);
  });

  it.each(['', '..', 'a/b', 'é', 'x'.repeat(129)])('refuses the device id %j', async (deviceId) => {
    await expect(tag('{}', undefined, deviceId)).resolves.toMatchObject({ status: 400, body: { path: 'deviceId' } });
  });

  it.each([
    [failure(404, 'DeviceNotFound'), 404, {}],
    [failure(412, 'PreconditionFailed'), 412, {}],
    [failure(400, 'ArgumentInvalid'), 400, {}],
    [failure(401, 'IotHubUnauthorizedAccess'), 500, {}],
    [failure(403, 'IotHubQuotaExceeded'), 500, {}],
    [failure(429, 'ThrottlingException', { 'retry-after': '60' }), 429, { 'retry-after': '60' }],
    [failure(503, 'ServiceUnavailable', { 'retry-after': '60' }), 503, { 'retry-after': '60' }],
    [json('[]'), 503, { 'retry-after': '5' }],
  ])('answers a failure of the hub %#', async (hubAnswer, status, headers) => {
    server.play(hubAnswer);
    const answer = await tag('{"a":1}');
    expect(answer).toMatchObject({ status, headers, body: { status } });
    expect(answer.logged).toHaveLength(status >= 500 ? 1 : 0);
    expect(answer.logged.join()).not.toMatch(/SharedAccessSignature|sig=/);
  });

  it('says which setting is wrong', async () => {
    const handler = endpoint(tagTwin, createServices(readSettings({})));
    const answer = await call(handler, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      params: { deviceId: 'd1' },
      body: { string: '{}' },
    });
    expect(answer).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining('IOTHUB_CONNECTION_STRING') },
    });
  });

  it('keeps an unforeseen error to the log', async () => {
    const broken = endpoint(() => Promise.reject(new Error('inner secret')), services);
    const answer = await call(broken, { method: 'GET' });
    expect(answer).toMatchObject({ status: 500, logged: [expect.stringContaining('inner secret')] });
    expect(JSON.stringify(answer.body)).not.toContain('inner secret');
  });
});

it('getTwin answers the whole twin with its etag', async () => {
  await expect(call(endpoint(getTwin, services), { method: 'GET', params: { deviceId: 'd1' } })).resolves.toMatchObject(
    {
      status: 200,
      headers: { etag: '"AAAAAAAAAAI="' },
      body: twin,
    },
  );
});

it('lets pages of other origins read the headers of answers, those that the document has', async () => {
  const named = Object.keys(openApiDocument('1.0.0').components.headers).sort().join(', ');
  const get = (params: Record<string, string>, headers = {}) =>
    call(endpoint(getTwin, services), { method: 'GET', params, headers });
  const exposed = { 'access-control-expose-headers': named };
  const origin = { origin: 'https://fleet.example' };
  await expect(get({ deviceId: 'd1' }, origin)).resolves.toMatchObject({ status: 200, headers: exposed });
  await expect(get({ deviceId: 'é' }, origin)).resolves.toMatchObject({ status: 400, headers: exposed });
  expect((await get({ deviceId: 'd1' })).headers).not.toHaveProperty('access-control-expose-headers');
});

it('statistics answers the three counts', async () => {
  const counts = { totalDeviceCount: 3, enabledDeviceCount: 2, disabledDeviceCount: 1 };
  server.play(json(counts));
  await expect(call(endpoint(statistics, services), { method: 'GET' })).resolves.toMatchObject({ body: counts });
});

describe('queryTwins', () => {
  const query = (parameters: Record<string, string>) =>
    call(endpoint(queryTwins, services), { method: 'GET', query: parameters });

  it('asks for devices of a location and a connectivity', async () => {
    server.play(json([{ deviceId: 'd1', location: 'P1' }]));
    await expect(query({ location: "x' OR '1'='1", connectivity: 'cellular' })).resolves.toMatchObject({
      status: 200,
      body: { devices: [{ deviceId: 'd1', location: 'P1', connectivity: null }] },
    });
    expect(JSON.parse(server.received[0]?.body ?? '').query).toBe(
      'SELECT deviceId AS deviceId, tags.location.plant AS location, properties.reported.connectivity AS connectivity ' +
        "FROM devices WHERE (tags.location.plant = 'x\\' OR \\'1\\'=\\'1') " +
        "AND (properties.reported.connectivity = 'cellular')",
    );
    expect(server.received[0]?.headers['x-ms-max-item-count']).toBe('100');
  });

  it('goes on where its continuation tells, with the same query only', async () => {
    server.play(json([], { headers: { 'x-ms-continuation': 'token' } }));
    const { body } = await query({ location: 'P1', limit: '2' });
    const { devices, continuation } = body as { devices: []; continuation: string };
    expect(devices).toEqual([]);
    server.play(json([{ deviceId: 'd1' }]));
    const last = await query({ location: 'P1', limit: '2', continuation });
    expect(last.body).not.toHaveProperty('continuation');
    expect(server.received[0]?.headers).toMatchObject({ 'x-ms-continuation': 'token', 'x-ms-max-item-count': '2' });
    await expect(query({ location: 'P2', limit: '2', continuation })).resolves.toMatchObject({ status: 400 });
    await expect(query({ location: 'P1', continuation })).resolves.toMatchObject({ status: 400 });
  });

  it.each(['0', '101', '-1', '1.5', 'ten', '1e1'])('refuses the limit %s', async (limit) => {
    await expect(query({ limit })).resolves.toMatchObject({ status: 400, body: { path: 'limit' } });
  });

  it('refuses a location that makes the query too long', async () => {
    await expect(query({ location: 'x'.repeat(9000) })).resolves.toMatchObject({ status: 400 });
  });

  it('lists the fleet without conditions', async () => {
    server.play(json([]));
    await query({});
    expect(server.received[0]?.body).not.toContain('WHERE');
  });
});
