import * as z from 'zod/mini';
import { Hub } from '../../src/azure/hub/hub';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import { equals } from '../../src/conditions/condition';
import { parsePropertyPath } from '../../src/conditions/propertyPath';
import { parseTagsPatch } from '../../src/twins/tags';
import { cutOff, failure, json, reset, type ScriptedHub, silence, startScriptedHub } from './scriptedHub';

const twin = { deviceId: 'd1', etag: 'AAAAAAAAAAI=', version: 3, tags: { plant: 'P1' }, status: 'enabled' };
const patch = parseTagsPatch({ plant: 'P1' });
const key = Buffer.from('secret').toString('base64');
const row = z.object({ deviceId: z.string() });

const getToken = jest.fn<Promise<object>, [string]>();
jest.mock('../../src/azure/storage/identity', () => ({ createCredential: () => ({ getToken }) }));

let server: ScriptedHub;
let hub: Hub;

beforeAll(async () => {
  server = await startScriptedHub();
});
afterAll(() => server.stop());
beforeEach(() => {
  hub = connect(5000);
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => jest.restoreAllMocks());

function connect(deadlineMs: number): Hub {
  const credential = { kind: 'key', policy: 'service', key } as const;
  return new Hub(
    new HubConnection({ host: 'localhost', port: server.port, credential }, { ca: server.ca }),
    deadlineMs,
  );
}

describe('a request', () => {
  it('goes to the port of the host name, signed for the host', async () => {
    server.play(json(twin));
    await expect(hub.getTwin('d#1')).resolves.toEqual(twin);
    const [request] = server.received;
    expect(request).toMatchObject({ method: 'GET', url: '/twins/d%231?api-version=2021-04-12' });
    expect(request?.headers).toMatchObject({
      'user-agent': 'device-twins',
      'request-id': expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(request?.headers.authorization).toMatch(/^SharedAccessSignature sr=localhost&sig=[^&]+&skn=service&se=\d+$/);
  });

  it('sends a merge patch of the tags with the etag in quotes', async () => {
    server.play(json(twin));
    await hub.updateTags('d1', patch, 'AAAAAAAAAAE=');
    expect(server.received[0]).toMatchObject({ method: 'PATCH', body: '{"tags":{"plant":"P1"}}' });
    expect(server.received[0]?.headers['if-match']).toBe('"AAAAAAAAAAE="');
  });

  it('is its own, whatever else is being formed', async () => {
    server.play((response) => json({ ...twin, deviceId: response.req.url?.slice(7, 9) })(response));
    const ids = ['d1', 'd2', 'd3', 'd4', 'd5'];
    const twins = await Promise.all(ids.map((id) => hub.getTwin(id)));
    expect(twins.map(({ deviceId }) => deviceId)).toEqual(ids);
    expect(new Set(server.received.map(({ headers }) => headers['request-id'])).size).toBe(ids.length);
  });

  it('uses the connection of the request before', async () => {
    server.play(json(twin));
    await hub.getTwin('d1');
    await hub.getTwin('d1');
    expect(server.received[1]?.clientPort).toBe(server.received[0]?.clientPort);
  });
});

describe('a managed identity', () => {
  function withIdentity(): Hub {
    const credential = { kind: 'identity', clientId: 'a-client' } as const;
    return new Hub(new HubConnection({ host: 'localhost', port: server.port, credential }, { ca: server.ca }), 1000);
  }

  it('signs with a token for IoT Hub', async () => {
    getToken.mockResolvedValue({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 });
    server.play(json(twin));
    await withIdentity().getTwin('d1');
    expect(getToken).toHaveBeenCalledWith('https://iothubs.azure.net/.default');
    expect(server.received[0]?.headers.authorization).toBe('Bearer a-token');
  });

  it('without a token fails at once', async () => {
    getToken.mockRejectedValue(new Error('no identity here'));
    await expect(withIdentity().getTwin('d1')).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('no identity here'),
    });
  });

  it('whose token does not come ends with the deadline', async () => {
    getToken.mockReturnValue(new Promise(() => {}));
    await expect(withIdentity().getTwin('d1')).rejects.toThrow('did not answer within 1 s');
  });

  it('is told which role it lacks', async () => {
    getToken.mockResolvedValue({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 });
    server.play(failure(401, 'IotHubUnauthorized'));
    await expect(withIdentity().getTwin('d1')).rejects.toThrow("a-client the role 'IoT Hub Twin Contributor'");
  });
});

describe('a reply that is not as documented fails the call and not the process', () => {
  it.each([
    ['broken JSON', json('{"deviceId":'), 'broken JSON'],
    ['no content type', json(twin, { headers: { 'content-type': [] } }), '(root)'],
    ['a list instead of a twin', json([]), '(root)'],
    ['a twin without an id', json({ ...twin, deviceId: undefined }), 'deviceId'],
    ['an empty object', json({}), 'deviceId, etag, version'],
    ['a page of a proxy', json('<html>', { headers: { 'content-type': 'text/html' } }), '(root)'],
  ])('%s', async (_name, answer, fault) => {
    server.play(answer);
    await expect(hub.getTwin('d1')).rejects.toMatchObject({
      code: 'badReply',
      message: expect.stringContaining(fault),
    });
    expect(server.received).toHaveLength(1);
  });

  it('a page of a query that is no list', async () => {
    server.play(json({ deviceId: 'd1' }));
    await expect(hub.queryPage('SELECT', row, { pageSize: 1 })).rejects.toMatchObject({ code: 'badReply' });
  });

  it('statistics that are words', async () => {
    server.play(json({ totalDeviceCount: 'many' }));
    await expect(hub.getStatistics()).rejects.toMatchObject({ code: 'badReply' });
  });
});

describe('an error of the hub', () => {
  const inner = { errorCode: 404001, trackingId: 'x', message: 'no d1', timestampUtc: '2024-01-01T00:00:00Z' };

  it.each([
    ['404 as the gateway tells it', failure(404, 'DeviceNotFound'), 'notFound'],
    [
      '404 as the back end tells it',
      json({ Message: JSON.stringify(inner), ExceptionMessage: '' }, { status: 404 }),
      'notFound',
    ],
    ['404 without the wrapper', json(inner, { status: 404 }), 'notFound'],
    ['404 without a body', json('', { status: 404 }), 'notFound'],
    ['404 of the hub itself', failure(404, 'IotHubNotFound'), 'badReply'],
    ['400', failure(400, 'ArgumentInvalid'), 'invalid'],
    ['401', failure(401, 'IotHubUnauthorizedAccess'), 'unauthorized'],
    ['403 of the quota', failure(403, 'IotHubQuotaExceeded'), 'quotaExceeded'],
    ['403 of a suspended hub', failure(403, 'IotHubSuspended'), 'forbidden'],
    ['412', failure(412, 'PreconditionFailed'), 'etagMismatch'],
    ['a redirect', json('', { status: 302, headers: { location: '/' } }), 'badReply'],
  ])('%s is told by its code, at once', async (_name, answer, code) => {
    server.play(answer);
    await expect(hub.getTwin('d1')).rejects.toMatchObject({ name: 'HubError', code });
    expect(server.received).toHaveLength(1);
  });

  it('keeps what the hub said of a bad request', async () => {
    server.play(failure(400, 'ArgumentInvalid'));
    await expect(hub.getTwin('d1')).rejects.toThrow('told by the hub');
  });

  it('names the right that the policy lacks, and shows no key', async () => {
    server.play(failure(401, 'IotHubUnauthorizedAccess'));
    const refusal = (await hub.getStatistics().catch((error: Error) => error)) as Error;
    expect(refusal.message).toContain("the policy 'service' has the right RegistryRead");
    expect(refusal.message).not.toContain(key);
    await expect(hub.getTwin('d1')).rejects.toThrow('ServiceConnect');
  });
});

describe('a transient failure', () => {
  it.each([
    ['503', failure(503, 'ServiceUnavailable')],
    ['500', failure(500, 'ServerError')],
    ['408', failure(408, 'Timeout')],
    ['429', failure(429, 'ThrottlingException')],
    ['a reset connection', reset],
    ['a reply that is cut off', cutOff],
  ])('%s is followed by another attempt', async (_name, answer) => {
    server.play(answer, json(twin));
    await expect(hub.getTwin('d1')).resolves.toEqual(twin);
    expect(server.received).toHaveLength(2);
  });

  it('is told after a bounded number of attempts', async () => {
    server.play(failure(503, 'ServiceUnavailable'));
    await expect(hub.getTwin('d1')).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.received).toHaveLength(5);
  });

  it('waits as long as Retry-After asks', async () => {
    server.play(failure(429, 'ThrottlingException', { 'retry-after': '1' }), json(twin));
    const start = performance.now();
    await hub.getTwin('d1');
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  it('is told at once where the deadline comes before the next attempt', async () => {
    server.play(failure(429, 'ThrottlingException', { 'retry-after': '30' }));
    await expect(hub.getTwin('d1')).rejects.toMatchObject({ code: 'throttled', retryAfterSeconds: 30 });
    expect(server.received).toHaveLength(1);
  });

  it('of a silent hub ends with the deadline', async () => {
    server.play(silence);
    await expect(connect(200).getTwin('d1')).rejects.toThrow('did not answer within 0.2 s');
  });

  it('of a hub that falls silent in the middle of a reply ends with the deadline', async () => {
    server.play((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"deviceId":');
    });
    await expect(connect(200).getTwin('d1')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('names the host that cannot be reached', async () => {
    const credential = { kind: 'key', policy: 'service', key } as const;
    const nowhere = new Hub(new HubConnection({ host: 'localhost', port: 1, credential }), 5000);
    await expect(nowhere.getTwin('d1')).rejects.toThrow(/No answer from localhost:1 \(ECONNREFUSED\)/);
  });
});

describe('a write with an etag', () => {
  it('is confirmed by the twin where 412 follows an attempt without an answer', async () => {
    server.play(reset, failure(412, 'PreconditionFailed'), json(twin));
    await expect(hub.updateTags('d1', patch, 'AAAAAAAAAAE=')).resolves.toEqual(twin);
    expect(server.received.map(({ method }) => method)).toEqual(['PATCH', 'PATCH', 'GET']);
  });

  it('fails where that twin does not hold the patch', async () => {
    server.play(reset, failure(412, 'PreconditionFailed'), json({ ...twin, tags: { plant: 'P2' } }));
    await expect(hub.updateTags('d1', patch, 'AAAAAAAAAAE=')).rejects.toMatchObject({ code: 'etagMismatch' });
  });

  it('fails by 412 after the hub throttled it, since that attempt did nothing', async () => {
    server.play(failure(429, 'ThrottlingException'), failure(412, 'PreconditionFailed'));
    await expect(hub.updateTags('d1', patch, 'AAAAAAAAAAE=')).rejects.toMatchObject({ code: 'etagMismatch' });
    expect(server.received).toHaveLength(2);
  });
});

describe('a job', () => {
  const located = equals(parsePropertyPath('tags.location.plant'), 'P1');
  const job = {
    jobId: 'j-1',
    type: 'scheduleUpdateTwin',
    status: 'queued',
    queryCondition: "tags.location.plant = 'P1'",
  };
  const received = () => server.received.map(({ method, url }) => `${method} ${url.split('?')[0]}`);

  it('is scheduled over a condition, for any etag, at once', async () => {
    server.play(json(job));
    await expect(hub.scheduleTwinUpdate('j-1', located, patch)).resolves.toMatchObject({ status: 'queued' });
    expect(received()).toEqual(['PUT /jobs/v2/j-1']);
    const { startTime, ...body } = JSON.parse(server.received[0]?.body ?? '');
    expect(body).toEqual({
      jobId: 'j-1',
      type: 'scheduleUpdateTwin',
      queryCondition: "tags.location.plant = 'P1'",
      updateTwin: { etag: '*', tags: { plant: 'P1' } },
      maxExecutionTimeInSeconds: 3600,
    });
    expect(Math.abs(Date.parse(startTime) - Date.now())).toBeLessThan(10_000);
  });

  it('over all devices has a condition too, and takes place when it is told to', async () => {
    server.play(json(job));
    const startTime = new Date('2030-01-01T00:00:00Z');
    await hub.scheduleTwinUpdate('j-1', undefined, patch, { startTime, maxExecutionSeconds: 60 });
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({
      queryCondition: 'is_defined(deviceId)',
      startTime: '2030-01-01T00:00:00.000Z',
      maxExecutionTimeInSeconds: 60,
    });
  });

  it('is read with its numbers, those that are there', async () => {
    const deviceJobStatistics = { deviceCount: 3, failedCount: 1, succeededCount: 2, runningCount: 0, pendingCount: 0 };
    server.play(json({ ...job, status: 'completed', deviceJobStatistics, endTime: null }));
    await expect(hub.getJob('j-1')).resolves.toMatchObject({ status: 'completed', deviceJobStatistics, endTime: null });
    expect(received()).toEqual(['GET /jobs/v2/j-1']);
  });

  it('that the hub does not know is told as unknown, though it answers 200', async () => {
    server.play(json({ type: 'unknown', status: 'unknown' }));
    await expect(hub.getJob('j-2')).rejects.toMatchObject({ code: 'unknownJob' });
  });

  it('is cancelled', async () => {
    server.play(json({ ...job, status: 'cancelled' }));
    await expect(hub.cancelJob('j-1')).resolves.toMatchObject({ status: 'cancelled' });
    expect(received()).toEqual(['POST /jobs/v2/j-1/cancel']);
  });

  it.each([
    ['a running job', failure(405, 'OperationNotAllowedInCurrentState'), 'jobState'],
    ['an unknown job', failure(404, 'JobNotFound'), 'unknownJob'],
    ['a proxy', json('', { status: 405 }), 'badReply'],
  ])('is not cancelled: %s', async (_name, answer, code) => {
    server.play(answer);
    await expect(hub.cancelJob('j-1')).rejects.toMatchObject({ code });
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['another one runs', failure(429, 'ThrottlingMaxActiveJobCountExceeded'), 'jobsBusy'],
    [
      'another one runs, told by number',
      json({ Message: '{"errorCode":429004,"message":"x"}', ExceptionMessage: '' }, { status: 429 }),
      'jobsBusy',
    ],
    ['its id is taken', failure(409, 'JobAlreadyExists'), 'jobExists'],
    ['its condition is none', failure(400, 'ArgumentInvalid'), 'invalid'],
  ])('is refused at once where %s', async (_name, answer, code) => {
    server.play(answer);
    await expect(hub.scheduleTwinUpdate('j-1', located, patch)).rejects.toMatchObject({ code });
    expect(server.received).toHaveLength(1);
  });

  it.each(['', 'J1', 'a_b', 'a.b', 'a/../b', 'a b', 'x'.repeat(65)])('of the id %j is never asked for', async (id) => {
    server.play(json(job));
    await expect(hub.scheduleTwinUpdate(id, located, patch)).rejects.toMatchObject({ code: 'invalid' });
    await expect(hub.getJob(id)).rejects.toMatchObject({ code: 'invalid' });
    await expect(hub.cancelJob(id)).rejects.toMatchObject({ code: 'invalid' });
    await expect(hub.jobFailures(id, { pageSize: 10 })).rejects.toMatchObject({ code: 'invalid' });
    expect(server.received).toEqual([]);
  });

  it('whose condition a hub would not take is not sent', async () => {
    const long = equals(parsePropertyPath('tags.location.plant'), 'x'.repeat(8192));
    await expect(hub.scheduleTwinUpdate('j-1', long, patch)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('that exists after an attempt without an answer is the one that was asked for, if it does the same', async () => {
    server.play(reset, failure(409, 'JobAlreadyExists'), json(job));
    await expect(hub.scheduleTwinUpdate('j-1', located, patch)).resolves.toMatchObject({ status: 'queued' });
    expect(received()).toEqual(['PUT /jobs/v2/j-1', 'PUT /jobs/v2/j-1', 'GET /jobs/v2/j-1']);
    server.play(reset, failure(409, 'JobAlreadyExists'), json({ ...job, queryCondition: 'is_defined(deviceId)' }));
    await expect(hub.scheduleTwinUpdate('j-1', located, patch)).rejects.toMatchObject({ code: 'jobExists' });
  });

  it('that was cancelled by an attempt without an answer is cancelled', async () => {
    server.play(reset, failure(405, 'OperationNotAllowedInCurrentState'), json({ ...job, status: 'cancelled' }));
    await expect(hub.cancelJob('j-1')).resolves.toMatchObject({ status: 'cancelled' });
  });

  it('whose answer is none of a job fails the call and not the process', async () => {
    server.play(json({ status: 'finished' }));
    await expect(hub.getJob('j-1')).rejects.toMatchObject({ code: 'badReply' });
    server.play(json('[]'));
    await expect(hub.cancelJob('j-1')).rejects.toMatchObject({ code: 'badReply' });
  });

  it('tells the devices that it failed on, page by page', async () => {
    const error = { code: 'DeviceNotFound', description: 'gone' };
    server.play(
      json([{ deviceId: 'd1', jobId: 'j-1', status: 'failed', error }], { headers: { 'x-ms-continuation': 't' } }),
    );
    await expect(hub.jobFailures('j-1', { pageSize: 10 })).resolves.toMatchObject({
      rows: [{ deviceId: 'd1', error }],
      continuation: 't',
    });
    expect(JSON.parse(server.received[0]?.body ?? '').query).toBe(
      "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j-1' AND devices.jobs.status = 'failed'",
    );
  });
});

describe('pages of a query', () => {
  const page = (id: string, token?: string) =>
    json([{ deviceId: id }], { headers: token === undefined ? {} : { 'x-ms-continuation': token } });

  async function ids(): Promise<string[]> {
    const found: string[] = [];
    for await (const { rows } of hub.queryPages('SELECT', row)) found.push(...rows.map(({ deviceId }) => deviceId));
    return found;
  }

  it('follow the token and end where there is none', async () => {
    server.play(page('a', 't1'), page('b', 't2'), page('c'));
    await expect(ids()).resolves.toEqual(['a', 'b', 'c']);
    expect(server.received.map(({ headers }) => headers['x-ms-continuation'])).toEqual([undefined, 't1', 't2']);
    expect(server.received[0]?.headers['x-ms-max-item-count']).toBe('100');
  });

  it('end where the token repeats', async () => {
    server.play(page('a', 't1'), page('b', 't1'), page('c', 't1'));
    await expect(ids()).resolves.toEqual(['a', 'b']);
  });

  it('end where the token is empty', async () => {
    server.play(page('a', ''));
    await expect(ids()).resolves.toEqual(['a']);
  });

  it('tell what they cost, repeated requests included', async () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({ deviceId: `${n}`.padStart(60, '0') }));
    server.play(failure(503, 'ServiceUnavailable'), json(rows));
    await expect(hub.queryPage('SELECT', row, { pageSize: 100 })).resolves.toMatchObject({ requests: 2, messages: 2 });
  });
});

test('what the SDK throws itself is no fault of the connection, and not repeated', async () => {
  const credential = { kind: 'key', policy: 'service', key } as const;
  const connection = new HubConnection({ host: 'localhost', port: server.port, credential }, { ca: server.ca });
  const invoke = () => Promise.reject(new TypeError('transform is not a function'));
  const access = { right: 'ServiceConnect', role: 'IoT Hub Twin Contributor' };
  await expect(
    connection.send({ kind: 'query', invoke, schema: row, access }, AbortSignal.timeout(5000)),
  ).rejects.toMatchObject({
    name: 'HubError',
    code: 'badReply',
    message: expect.stringContaining('transform is not a function'),
  });
});
