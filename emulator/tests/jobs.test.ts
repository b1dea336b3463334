import type { JobClient, Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';
import { endedJob, type JobAnswer, jobClient, jobThat, listJobs } from './support/jobs';
import { deviceOf } from './support/sdkDevice';

let emulator: TestEmulator;
let client: JobClient;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['one', 'two', 'three'] });
  client = jobClient(emulator);
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

interface MethodCall {
  methodName: string;
  payload: unknown;
  responseTimeoutInSeconds: number;
}

const all = 'is_defined(deviceId)';
const patchOf = (tags: object) => ({ etag: '*', tags });
const tagsOf = async (deviceId: string) => (await registry.getTwin(deviceId)).responseBody.tags;

/** The answer to a raw request, its body parsed. */
async function send(method: string, path: string, body?: object) {
  const text = body && JSON.stringify(body);
  const reply = await emulator.request({ method, path, ...(text === undefined ? {} : { body: text }) });
  return {
    status: reply.status,
    code: reply.headers['iothub-errorcode'],
    headers: reply.headers,
    body: JSON.parse(reply.text),
  };
}

const update = (more: object = {}) => ({
  type: 'scheduleUpdateTwin',
  queryCondition: "deviceId = 'one'",
  updateTwin: patchOf({ raw: true }),
  ...more,
});

describe('a twin update by JobClient', () => {
  it('is queued, runs, and has changed the twins that its condition holds for', async () => {
    const { jobStatus } = await client.scheduleTwinUpdate(
      'some',
      "deviceId IN ['one', 'two']",
      patchOf({ job: 'some' }),
    );
    expect(jobStatus).toMatchObject({ jobId: 'some', type: 'scheduleUpdateTwin', status: 'queued' });
    const ended = await endedJob(client, 'some');
    expect(ended).toMatchObject({
      status: 'completed',
      queryCondition: "deviceId IN ['one', 'two']",
      updateTwin: { deviceId: null, etag: '*', tags: { job: 'some' } },
      deviceJobStatistics: { deviceCount: 2, succeededCount: 2, failedCount: 0, runningCount: 0, pendingCount: 0 },
    });
    expect(Date.parse(ended.endTime ?? '')).toBeGreaterThanOrEqual(Date.parse(ended.createdTime));
    expect([await tagsOf('one'), await tagsOf('two'), await tagsOf('three')]).toEqual([
      { job: 'some' },
      { job: 'some' },
      {},
    ]);
  });

  it('writes desired properties, and removes by null', async () => {
    const patch = { etag: '*', tags: { job: null }, properties: { desired: { level: 3 } } };
    await client.scheduleTwinUpdate('desired', "deviceId = 'two'", patch, new Date(), 60);
    expect(await endedJob(client, 'desired')).toMatchObject({ status: 'completed', maxExecutionTimeInSeconds: 60 });
    const { responseBody } = await registry.getTwin('two');
    expect(responseBody).toMatchObject({ tags: {}, properties: { desired: { level: 3 } } });
  });

  it('takes callbacks in every form', async () => {
    const forms: [string, (done: (error?: Error, job?: JobAnswer) => void) => void][] = [
      ['callback-1', (done) => client.scheduleTwinUpdate('callback-1', all, patchOf({}), done)],
      ['callback-2', (done) => client.scheduleTwinUpdate('callback-2', all, patchOf({}), new Date(), done)],
      ['callback-3', (done) => client.scheduleTwinUpdate('callback-3', all, patchOf({}), new Date(), 30, done)],
    ];
    for (const [jobId, schedule] of forms) {
      const job = await called(schedule);
      expect(job).toMatchObject({ jobId, status: 'queued' });
      await endedJob(client, jobId);
    }
    expect(await called<JobAnswer>((done) => client.getJob('callback-1', done))).toMatchObject({ status: 'completed' });
    await expect(called((done) => client.cancelJob('callback-1', done))).rejects.toThrow();
  });

  it('fails for devices where it breaks a limit of twins, and says so', async () => {
    await client.scheduleTwinUpdate('too-large', all, patchOf({ text: 'x'.repeat(5000) }));
    const { status, deviceJobStatistics } = await endedJob(client, 'too-large');
    expect([status, deviceJobStatistics?.failedCount]).toEqual(['completed', 3]);
  });

  it('of no device completes', async () => {
    await client.scheduleTwinUpdate('nobody', "deviceId = 'nobody'", patchOf({}));
    expect(await endedJob(client, 'nobody')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 0 },
    });
  });

  it.each([
    ['a whole query', 'SELECT * FROM devices'],
    ['junk', 'tags.a = = 1'],
    ['what only a query may have after its condition', `${all} GROUP BY tags.a`],
  ])('with %s for a condition is accepted, and fails', async (what, condition) => {
    const jobId = `bad-${what.replaceAll(' ', '-')}`.slice(0, 64);
    const { jobStatus } = await client.scheduleTwinUpdate(jobId, condition, patchOf({}));
    expect(jobStatus.status).toBe('queued');
    const { status, failureReason } = await endedJob(client, jobId);
    expect(status).toBe('failed');
    expect(failureReason).toMatch(/^SQL query parse failed due to following errors: \n\tLine 1:\d+ /);
  });
});

describe('a method by JobClient', () => {
  it.each([
    ['promise', (call: MethodCall) => client.scheduleDeviceMethod('by-promise', "deviceId = 'one'", call)],
    [
      'callback',
      (call: MethodCall) =>
        called<JobAnswer>((done) => client.scheduleDeviceMethod('by-callback', "deviceId = 'one'", call, done)),
    ],
  ])('is answered by a device of the device SDK: %s', async (form, schedule) => {
    const device = await deviceOf(emulator.hub, 'one');
    const asked: unknown[] = [];
    device.onDeviceMethod('reboot', ({ payload }, response) => {
      asked.push(payload);
      response.send(207, { rebooting: true }, () => {});
    });
    await schedule({ methodName: 'reboot', payload: { at: 'night' }, responseTimeoutInSeconds: 15 });
    expect(await endedJob(client, `by-${form}`)).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 1, succeededCount: 1 },
    });
    expect(asked).toEqual([{ at: 'night' }]);
    const { result } = await registry
      .createQuery(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'by-${form}'`)
      .next();
    const outcome = { deviceMethodResponse: { status: 207, payload: { rebooting: true } } };
    expect(result).toMatchObject([{ deviceId: 'one', status: 'completed', outcome }]);
    await device.close();
  });

  it('waits for a device that is offline until its time is up, and has failed there', async () => {
    const call = { methodName: 'reboot', payload: null, responseTimeoutInSeconds: 15 };
    const { jobStatus } = await client.scheduleDeviceMethod('offline', all, call, new Date(), 1);
    expect(jobStatus).toMatchObject({ type: 'scheduleDeviceMethod', cloudToDeviceMethod: { methodName: 'reboot' } });
    const waiting = await jobThat(client, 'offline', (job) => job.deviceJobStatistics?.deviceCount === 3);
    expect(waiting).toMatchObject({ status: 'running' });
    expect(await endedJob(client, 'offline')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 3, failedCount: 3, pendingCount: 0 },
    });
  });
});

describe('a job that is scheduled', () => {
  it('says so, waits for its time, and runs then', async () => {
    const startTime = new Date(Date.now() + 400);
    const { jobStatus } = await client.scheduleTwinUpdate(
      'later',
      "deviceId = 'one'",
      patchOf({ later: true }),
      startTime,
    );
    expect(jobStatus).toMatchObject({ status: 'queued', startTime: startTime.toISOString() });
    expect((await client.getJob('later')).jobStatus.status).toBe('scheduled');
    expect(await tagsOf('one')).not.toHaveProperty('later');
    const { endTime = '' } = await endedJob(client, 'later');
    expect(Date.parse(endTime)).toBeGreaterThanOrEqual(startTime.getTime());
    expect(await tagsOf('one')).toMatchObject({ later: true });
  });

  it('can be cancelled, once', async () => {
    await client.scheduleTwinUpdate('never', all, patchOf({ never: true }), new Date(Date.now() + 3_600_000));
    const { jobStatus } = await client.cancelJob('never');
    expect(jobStatus).toMatchObject({ jobId: 'never', status: 'cancelled' });
    expect((await client.getJob('never')).jobStatus).toMatchObject({ status: 'cancelled' });
    expect(await send('POST', '/jobs/v2/never/cancel')).toMatchObject({
      status: 405,
      code: 'OperationNotAllowedInCurrentState',
    });
    expect(await tagsOf('one')).not.toHaveProperty('never');
  });
});

describe('a job that is not there', () => {
  it('is unknown, with 200', async () => {
    expect((await client.getJob('nothing')).jobStatus).toEqual({ type: 'unknown', status: 'unknown' });
  });

  it('cannot be cancelled', async () => {
    expect(await send('POST', '/jobs/v2/nothing/cancel')).toMatchObject({ status: 404, code: 'JobNotFound' });
  });
});

describe('a request for a job', () => {
  it.each([
    ['an id with an underscore', 'a_b', update(), 'ArgumentInvalid'],
    ['an id with a dot', 'a.b', update(), 'ArgumentInvalid'],
    ['an id of 65 characters', 'a'.repeat(65), update(), 'ArgumentInvalid'],
    ['the id of another job', 'this', update({ jobId: 'that' }), 'ArgumentInvalid'],
    ['an old spelling of its type', 'j', update({ type: 'scheduleTwinUpdate' }), 'GenericBadRequest'],
    ['no type', 'j', update({ type: undefined }), 'GenericBadRequest'],
    ['no condition', 'j', update({ queryCondition: undefined }), 'ArgumentNull'],
    ['an empty condition', 'j', update({ queryCondition: ' ' }), 'ArgumentNull'],
    ['no twin', 'j', update({ updateTwin: null }), 'ArgumentNull'],
    ['tags that are none', 'j', update({ updateTwin: { etag: '*', tags: 1 } }), 'ArgumentInvalid'],
    ['no method', 'j', update({ type: 'scheduleDeviceMethod' }), 'ArgumentNull'],
    ['a method without a name', 'j', update({ type: 'scheduleDeviceMethod', cloudToDeviceMethod: {} }), 'ArgumentNull'],
    ['a time that is none', 'j', update({ startTime: 'soon' }), 'ArgumentInvalid'],
    ['a day that is none', 'j', update({ startTime: '2026-02-31T25:00:00Z' }), 'ArgumentInvalid'],
    ['a time after 168 hours', 'j', update({ startTime: inHours(169) }), 'ArgumentInvalid'],
    ['a negative time to run', 'j', update({ maxExecutionTimeInSeconds: -1 }), 'ArgumentInvalid'],
    ['half a second to run', 'j', update({ maxExecutionTimeInSeconds: 0.5 }), 'ArgumentInvalid'],
  ])('with %s is answered with 400', async (_, jobId, body, code) => {
    expect(await send('PUT', `/jobs/v2/${jobId}`, body)).toMatchObject({ status: 400, code });
  });

  it('with the condition * is for all devices', async () => {
    const everyone = { ...update({ queryCondition: ' * ' }), updateTwin: patchOf({ job: 'everyone' }) };
    await send('PUT', '/jobs/v2/everyone', everyone);
    const total = (await registry.list()).responseBody.length;
    expect(await endedJob(client, 'everyone')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: total, succeededCount: total },
    });
  });

  it('may have capital letters in its id, unless the emulator is strict', async () => {
    expect(await send('PUT', '/jobs/v2/UpdateJob-1', update())).toMatchObject({ status: 200 });
    expect(await endedJob(client, 'UpdateJob-1')).toMatchObject({ status: 'completed' });
    const strict = await startEmulator({ strictQueries: true });
    const body = JSON.stringify(update());
    const refused = await strict.request({ method: 'PUT', path: '/jobs/v2/UpdateJob-1', body });
    await strict.stop();
    expect([refused.status, refused.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
  });

  it('with a condition that is too long is answered with 412', async () => {
    const queryCondition = `${all} OR ${all}`.padEnd(8193);
    expect(await send('PUT', '/jobs/v2/long', update({ queryCondition }))).toMatchObject({
      status: 412,
      code: 'PreconditionFailed',
    });
  });

  it.each([
    ['null', null],
    ['absent', undefined],
    ['past', '2020-01-01T00:00:00Z'],
    ['in another zone', '2020-01-01T02:00:00.1234567+02:00'],
  ])('whose start is %s starts at once', async (what, startTime) => {
    const jobId = `start-${what.replaceAll(' ', '-')}`;
    expect(await send('PUT', `/jobs/v2/${jobId}`, update({ startTime }))).toMatchObject({
      status: 200,
      body: { status: 'queued' },
    });
    expect(await endedJob(client, jobId)).toMatchObject({ status: 'completed' });
  });

  it('under an id that was used is answered with 409', async () => {
    await send('PUT', '/jobs/v2/used', update());
    await endedJob(client, 'used');
    expect(await send('PUT', '/jobs/v2/used', update())).toMatchObject({ status: 409, code: 'JobAlreadyExists' });
    await expect(client.scheduleTwinUpdate('used', all, patchOf({}))).rejects.toMatchObject({
      name: 'DeviceAlreadyExistsError',
    });
  });

  function inHours(hours: number): string {
    return new Date(Date.now() + hours * 3_600_000).toISOString();
  }
});

describe('the list of jobs', () => {
  it('comes in pages, in the order of creation', async () => {
    for (const at of [1, 2, 3]) {
      await client.scheduleTwinUpdate(`listed-${at}`, "deviceId = 'one'", patchOf({}));
      await endedJob(client, `listed-${at}`);
    }
    const ids: string[] = [];
    const query = listJobs(client, { type: 'scheduleUpdateTwin', status: 'completed', pageSize: 2 });
    do {
      const { result } = await query.next(query.continuationToken);
      expect(result.length).toBeLessThanOrEqual(2);
      ids.push(...result.map(({ jobId }: JobAnswer) => jobId));
    } while (query.hasMoreResults);
    expect(ids.slice(-3)).toEqual(['listed-1', 'listed-2', 'listed-3']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is narrowed by type and status, whatever their case', async () => {
    const { headers, body } = await send('GET', '/jobs/v2/query?jobType=ScheduleUpdateTwin&jobStatus=Cancelled');
    expect(headers['x-ms-item-type']).toBe('JobResponse');
    expect(body.map(({ jobId }: JobAnswer) => jobId)).toEqual(['never']);
    expect((await send('GET', '/jobs/v2/query?jobType=export')).body).toEqual([]);
  });

  it('refuses words that are not of the enumerations, and a token of another list', async () => {
    expect(await send('GET', '/jobs/v2/query?jobStatus=finished')).toMatchObject({ status: 400 });
    const query = listJobs(client, { type: 'scheduleUpdateTwin', pageSize: 1 });
    await query.next();
    await expect(
      listJobs(client, { status: 'completed', pageSize: 1 }).next(query.continuationToken),
    ).rejects.toMatchObject({
      name: 'ArgumentError',
    });
  });
});

it.each([
  ['iothubowner', 200],
  ['service', 200],
  ['registryReadWrite', 401],
  ['registryRead', 401],
  ['device', 401],
])('policy %s: a job is answered with %d', async (policy, expected) => {
  const known = jobClient(emulator, policy);
  const statuses = await Promise.allSettled([known.getJob('used'), listJobs(known).next()]);
  for (const answer of statuses) expect(answer.status).toBe(expected === 200 ? 'fulfilled' : 'rejected');
});

/** What a call in callback form comes to. */
function called<T>(call: (done: (error?: Error, result?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

describe('import and export jobs, which az iot hub job asks for beside the others', () => {
  it('are none in the list, and 404 by id', async () => {
    expect(await send('GET', '/jobs')).toMatchObject({ status: 200, body: [] });
    expect(await send('GET', '/jobs/unknown')).toMatchObject({ status: 404, code: 'JobNotFound' });
    expect(await send('DELETE', '/jobs/unknown')).toMatchObject({ status: 404, code: 'JobNotFound' });
  });
});
