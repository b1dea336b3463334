import type { Services } from '../../src/app/services';
import { memoryTables } from '../support/memoryTables';
import { keepingIn, servicesOf } from './functionCalls';
import { type Answer, failure, json, reset, type ScriptedHub, startScriptedHub } from './scriptedHub';
import { ask, jobOf, post } from './tagJobsSetup';

const where = { location: 'Redmond43' };
const tags = { location: { plant: 'Redmond40' } };
const counted = json([{ deviceCount: 1000 }]);
const queued = json({ jobId: 'x', status: 'queued', type: 'scheduleUpdateTwin' });
const request = { where, tags, engine: 'hubJob' };

let hub: ScriptedHub;
let services: Services;

beforeAll(async () => {
  hub = await startScriptedHub();
  services = keepingIn(memoryTables(), servicesOf(hub));
});
afterAll(() => hub.stop());

/** Starts a job; then the hub answers so. */
async function start(...answers: Answer[]): Promise<string> {
  hub.play(counted, queued);
  const { jobId } = jobOf(await post(services, request));
  hub.play(...answers);
  return jobId;
}

function status(name: string, statistics = {}, more = {}): Answer {
  return json({ jobId: 'x', status: name, deviceJobStatistics: statistics, ...more });
}

it('is given to the hub, with the condition and never a list', async () => {
  hub.play(counted, queued);
  const answer = await post(services, request);
  const { jobId } = jobOf(answer);
  expect(answer).toMatchObject({
    status: 202,
    headers: { location: `/api/tagJobs/${jobId}` },
    body: { engine: 'hubJob', state: 'queued', counts: { total: 1000, pending: 1000 }, expectedSeconds: 100 },
  });
  const { method, url = '', body = '' } = hub.received.at(-1) ?? {};
  expect([method, url.split('?')[0]]).toEqual(['PUT', `/jobs/v2/${jobId}`]);
  expect(JSON.parse(body)).toMatchObject({
    type: 'scheduleUpdateTwin',
    queryCondition: "tags.location.plant = 'Redmond43'",
    updateTwin: { etag: '*', tags },
  });
});

it('tells how far the hub is, and which devices it failed on', async () => {
  const running = status('running', { deviceCount: 1001, succeededCount: 400, failedCount: 1 });
  const failures = json(
    [
      { deviceId: 'a', jobId: 'x', status: 'failed', error: { code: '404001', description: 'gone' } },
      { deviceId: 'b', jobId: 'x', status: 'failed', error: { code: 'Odd', description: 'who knows' } },
    ],
    { headers: { 'x-ms-continuation': 'next', 'x-ms-item-type': 'DeviceJob' } },
  );
  const jobId = await start(running, failures);
  const answer = await ask(services, jobId, 'GET', { limit: '2' });
  expect(answer).toMatchObject({
    body: {
      state: 'running',
      counts: { total: 1001, succeeded: 400, failed: 1, pending: 600 },
      failures: [
        { deviceId: 'a', status: 404, detail: '404001: gone' },
        { deviceId: 'b', status: 500, detail: 'Odd: who knows' },
      ],
    },
  });
  hub.play(running, failures);
  await ask(services, jobId, 'GET', { limit: '2', continuation: jobOf(answer).continuation ?? '' });
  expect(hub.received.at(-1)?.headers).toMatchObject({ 'x-ms-continuation': 'next', 'x-ms-max-item-count': '2' });
});

it('is kept once it has ended: the hub forgets it', async () => {
  const ended = { deviceCount: 3, succeededCount: 3, failedCount: 0 };
  const jobId = await start(status('completed', ended, { endTime: '2026-01-01T00:00:00.1234567Z' }));
  await ask(services, jobId);
  hub.play(status('unknown'));
  await expect(ask(services, jobId)).resolves.toMatchObject({
    body: { state: 'completed', counts: { total: 3, succeeded: 3 }, endedAt: '2026-01-01T00:00:00.123Z' },
  });
  expect(hub.received).toEqual([]);
});

it('says why the hub failed it', async () => {
  const jobId = await start(status('failed', {}, { failureReason: 'SQL query parse failed' }));
  await expect(ask(services, jobId)).resolves.toMatchObject({
    body: { state: 'failed', detail: 'SQL query parse failed' },
  });
});

it('is unknown where the hub does not know it', async () => {
  const jobId = await start(json({ type: 'unknown', status: 'unknown' }));
  await expect(ask(services, jobId)).resolves.toMatchObject({
    status: 404,
    body: { type: 'urn:device-twins:problem:unknown-job' },
  });
});

it('is cancelled while it waits', async () => {
  const jobId = await start(status('cancelled'));
  const cancelled = { state: 'cancelled', counts: { total: 1000, succeeded: 0, failed: 0, pending: 1000 } };
  await expect(ask(services, jobId, 'DELETE')).resolves.toMatchObject({ status: 200, body: cancelled });
  await expect(ask(services, jobId, 'DELETE')).resolves.toMatchObject({ status: 200, body: cancelled });
});

it('cannot be cancelled while it runs', async () => {
  const jobId = await start(failure(405, 'OperationNotAllowedInCurrentState'));
  await expect(ask(services, jobId, 'DELETE')).resolves.toMatchObject({
    status: 409,
    body: { type: 'urn:device-twins:problem:job-state' },
  });
});

it('is started once where the request is repeated after its reply was lost', async () => {
  const headers = { 'idempotency-key': 'hub-job' };
  hub.play(counted, reset, failure(401, 'IotHubUnauthorizedAccess'));
  await expect(post(services, request, { headers })).resolves.toMatchObject({ status: 500 });
  const first = hub.received.find(({ method }) => method === 'PUT')?.url;
  hub.play(counted, failure(409, 'JobAlreadyExists'));
  const answer = await post(services, request, { headers });
  expect(answer).toMatchObject({ status: 202, body: { state: 'queued' } });
  expect(hub.received.at(-1)?.url).toBe(first);
  hub.play(status('running'));
  await expect(post(services, request, { headers })).resolves.toMatchObject({
    status: 202,
    body: { jobId: jobOf(answer).jobId, state: 'running' },
  });
});
