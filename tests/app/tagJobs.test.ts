import { endpoint } from '../../src/api/http/endpoint';
import { getTwin } from '../../src/functions/getTwin';
import { queryTwins } from '../../src/functions/queryTwins';
import type { JsonObject } from '../../src/json';
import type { TagJob } from '../../src/tagJobs/tagJob';
import { call } from './functionCalls';
import { ask, jobOf, post, startTagJobs, type TagJobsSetup, workAll, workOne } from './tagJobsSetup';

const fleet = 250;
const tags = { location: { plant: 'Redmond43' } };

// A busy machine tags a few devices a second, and what it does not get done goes back with a delay.
jest.setTimeout(120_000);

let setup: TagJobsSetup;
let devices = 0;

beforeAll(async () => {
  setup = await startTagJobs();
});
afterAll(() => setup.stop());
afterEach(() => setup.queue.clear());

/** Registers devices that no other test knows. */
async function register(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `device-${++devices}`);
  for (let start = 0; start < count; start += 100) {
    const { responseBody } = await setup.emulator
      .registry()
      .addDevices(ids.slice(start, start + 100).map((deviceId) => ({ deviceId })));
    expect(responseBody.isSuccessful).toBe(true);
  }
  return ids;
}

/** Registers devices that have these tags. One by one, without the time limit of a request. */
async function registerTagged(count: number, tags: object): Promise<string[]> {
  const ids = await register(count);
  for (const id of ids) await setup.emulator.registry().updateTwin(id, { tags }, '*');
  return ids;
}

async function tagsOf(deviceId: string): Promise<object> {
  const { responseBody } = await setup.emulator.registry().getTwin(deviceId);
  return responseBody.tags;
}

async function stored(jobId: string): Promise<TagJob> {
  const found = await setup.services.records()?.tagJobs.read(jobId);
  if (!found) throw new Error(`There is no job ${jobId}.`);
  return found.job;
}

it('devices by a condition in words get tags as columns and cells', async () => {
  const [a = '', b = ''] = await registerTagged(2, { location: { plant: 'Words' }, site: 'old', floor: 'x' });
  const cells = { plant: '43', 'tags.site': 'null', 'tags.fw-version': '1.10', 'tags.floor:number': '3' };
  const answer = await post(setup.services, { filter: 'location = Words and tags.floor = "x"', cells });
  expect(jobOf(answer)).toMatchObject({ state: 'completed', counts: { total: 2, succeeded: 2 } });
  for (const id of [a, b]) {
    expect(await tagsOf(id)).toEqual({ location: { plant: '43' }, 'fw-version': '1.10', floor: 3 });
  }
});

describe.each(['direct', 'queue'])('a row with an etag, by %s', (engine) => {
  it('is written on that twin alone, and once', async () => {
    const registry = setup.emulator.registry();
    const [a = '', b = ''] = await register(2);
    const { responseBody: twin } = await registry.getTwin(a);
    const lines = [a, b].map((deviceId) => JSON.stringify({ deviceId, tags: { etags: engine }, ifMatch: twin.etag }));
    await registry.updateTwin(b, { tags: { changed: true } }, '*');
    const send = async () => {
      const answer = await post(setup.services, lines.join('\n'), { type: 'application/x-ndjson', query: { engine } });
      await workAll(setup.queue, setup.services);
      return jobOf(await ask(setup.services, jobOf(answer).jobId));
    };
    const failures = [{ deviceId: b, status: 412, detail: expect.stringContaining('changed') }];
    await expect(send()).resolves.toMatchObject({ counts: { succeeded: 1, failed: 1, pending: 0 }, failures });
    await expect(tagsOf(b)).resolves.toEqual({ changed: true });
    const { responseBody: tagged } = await registry.getTwin(a);
    expect(tagged.tags).toEqual({ etags: engine });
    // The etag of the first is of before, but it has the tags.
    await expect(send()).resolves.toMatchObject({ counts: { succeeded: 1, failed: 1, pending: 0 }, failures });
    const { responseBody: again } = await registry.getTwin(a);
    expect(again.etag).toBe(tagged.etag);
  });
});

it.each(['direct', 'queue'])('a tag named __proto__ is a tag as any other, by %s', async (engine) => {
  const [id = ''] = await register(1);
  const odd = '{"__proto__":{"floor":3},"inner":{"__proto__":1}}';
  await post(setup.services, `{"deviceIds":["${id}"],"tags":${odd}}`, { query: { engine } });
  await workAll(setup.queue, setup.services);
  const { body } = await call(endpoint(getTwin, setup.services), { method: 'GET', params: { deviceId: id } });
  expect(JSON.stringify((body as JsonObject).tags)).toBe(odd);
  const query = { where: `{"path":"deviceId","op":"=","value":"${id}"}`, fields: 'tags.inner,tags.__proto__' };
  const listed = await call(endpoint(queryTwins, setup.services), { method: 'GET', query });
  expect(JSON.stringify(listed.body)).toContain('"tags":{"inner":{"__proto__":1},"__proto__":{"floor":3}}');
});

describe('direct', () => {
  it('tags a short list at once, and tells of each device', async () => {
    const [a = '', b = ''] = await register(2);
    const answer = await post(setup.services, { deviceIds: [a, 'nobody', b], tags });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        engine: 'direct',
        state: 'completed',
        counts: { total: 3, succeeded: 2, failed: 1, pending: 0 },
        expectedSeconds: 1,
        failures: [{ deviceId: 'nobody', status: 404, detail: expect.stringContaining('register') }],
        results: [
          { deviceId: a, status: 200, etag: expect.any(String) },
          { deviceId: 'nobody', status: 404 },
          { deviceId: b, status: 200 },
        ],
      },
    });
    await expect(tagsOf(a)).resolves.toEqual(tags);
    const { results: _, ...kept } = jobOf(answer);
    await expect(ask(setup.services, kept.jobId)).resolves.toMatchObject({ status: 200, body: kept });
  });

  it('tags the devices of a condition that fit', async () => {
    const ids = await registerTagged(3, { group: 'direct' });
    const where = { path: 'tags.group', op: '=', value: 'direct' };
    const answer = await post(setup.services, { where, tags: { group: null, site: 1 } });
    expect(
      jobOf(answer)
        .results?.map(({ deviceId }) => deviceId)
        .sort(),
    ).toEqual(ids.sort());
    await expect(tagsOf(ids[0] ?? '')).resolves.toEqual({ site: 1 });
  });

  it('takes each device with its own tags from CSV and NDJSON', async () => {
    const [a = '', b = ''] = await register(2);
    const csv = `deviceId,plant,region,version\r\n${a},"Redmond, 43",US,7\r\n${b},,null,8\r\n`;
    const answer = await post(setup.services, csv, { type: 'text/csv; charset=utf-8' });
    expect(answer).toMatchObject({ status: 200, body: { ignoredColumns: ['version'], counts: { succeeded: 2 } } });
    await expect(tagsOf(a)).resolves.toEqual({ location: { plant: 'Redmond, 43', region: 'US' } });
    const ndjson = `${JSON.stringify({ deviceId: b, tags: { n: [1] } })}\n`;
    await post(setup.services, ndjson, { type: 'application/x-ndjson' });
    await expect(tagsOf(b)).resolves.toEqual({ n: [1], location: {} });
  });

  it.each([
    ['application/json', '{"deviceIds":["d1"],"tags":{}}'],
    ['application/json', '{"where":{"location":"Redmond43"},"tags":{}}'],
    ['text/csv', 'deviceId,plant\nd1,\n'],
    ['application/x-ndjson', '{"deviceId":"d1","location":null}'],
  ])('refuses what would write nothing: %s %s', async (type, body) => {
    const detail = expect.stringContaining('nothing would be written');
    for (const dryRun of ['false', 'true']) {
      const answer = await post(setup.services, body, { type, query: { dryRun } });
      expect(answer).toMatchObject({ status: 400, body: { path: 'tags', detail } });
    }
  });

  it('leaves the twin alone of a device that has no tag among others', async () => {
    const [a = '', b = ''] = await register(2);
    const { responseBody: before } = await setup.emulator.registry().getTwin(b);
    const csv = `deviceId,plant\n${a},Dublin2\n${b},\n`;
    const { counts } = jobOf(await post(setup.services, csv, { type: 'text/csv' }));
    expect(counts).toMatchObject({ succeeded: 2 });
    expect(await tagsOf(a)).toEqual({ location: { plant: 'Dublin2' } });
    expect((await setup.emulator.registry().getTwin(b)).responseBody.etag).toBe(before.etag);
  });

  it('goes on without tables and without a queue; more than fits names the setting', async () => {
    const withoutQueue = { ...setup.services, queue: () => undefined };
    const bare = { ...withoutQueue, records: () => undefined };
    const [id = ''] = await register(1);
    await expect(post(bare, { deviceIds: [id], tags })).resolves.toMatchObject({ status: 200 });
    const many = { deviceIds: Array.from({ length: 501 }, (_, n) => `d${n}`), tags };
    await expect(post(bare, many)).resolves.toMatchObject({
      status: 500,
      body: {
        type: 'urn:device-twins:problem:invalid-setting',
        detail: expect.stringContaining('TWIN_TABLES_ENDPOINT'),
      },
    });
    await expect(post(withoutQueue, { ...many, engine: 'queue' })).resolves.toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining('TagJobs__queueServiceUri') },
    });
  });

  it('says so where its request was cut off', async () => {
    const { jobId } = jobOf(await post(setup.services, { deviceIds: await register(1), tags }));
    const store = setup.services.records()?.tagJobs;
    const { engine, expectedSeconds, total } = await stored(jobId);
    const createdAt = new Date(Date.now() - 6 * 60_000).toISOString();
    await store?.write({ jobId, engine, expectedSeconds, total, state: 'running', createdAt });
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'failed', detail: expect.stringContaining('cut off'), counts: { pending: 1 } },
    });
  });

  it('cannot be cancelled', async () => {
    const { jobId } = jobOf(await post(setup.services, { deviceIds: await register(1), tags }));
    await expect(ask(setup.services, jobId, 'DELETE')).resolves.toMatchObject({
      status: 409,
      body: { type: 'urn:device-twins:problem:job-state', detail: expect.stringContaining('direct') },
    });
  });
});

describe('by queue', () => {
  it('tags a list in chunks, and tells how far it is', async () => {
    const ids = await register(fleet);
    const answer = await post(setup.services, { deviceIds: [...ids, 'nobody', 'none'], tags, engine: 'queue' });
    const { jobId } = jobOf(answer);
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/api/tagJobs/${jobId}` },
      body: { engine: 'queue', state: 'queued', counts: { total: fleet + 2, pending: fleet + 2 }, expectedSeconds: 6 },
    });
    await workOne(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'running', counts: { total: fleet + 2, succeeded: 100, failed: 0, pending: fleet - 98 } },
    });
    await workAll(setup.queue, setup.services);
    const first = await ask(setup.services, jobId, 'GET', { limit: '1' });
    expect(first).toMatchObject({
      body: {
        state: 'completed',
        counts: { total: fleet + 2, succeeded: fleet, failed: 2, pending: 0 },
        endedAt: expect.any(String),
        failures: [{ deviceId: 'nobody', status: 404 }],
      },
    });
    const { continuation = '' } = jobOf(first);
    const second = await ask(setup.services, jobId, 'GET', { limit: '1', continuation });
    expect(jobOf(second).failures).toMatchObject([{ deviceId: 'none', status: 404 }]);
    await expect(tagsOf(ids.at(-1) ?? '')).resolves.toEqual(tags);
  });

  it('lists the devices of a condition page by page', async () => {
    const ids = await registerTagged(fleet, { group: 'queue' });
    const where = { path: 'tags.group', op: '=', value: 'queue' };
    const { jobId } = jobOf(await post(setup.services, { where, tags: { done: true }, engine: 'queue' }));
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { total: fleet, succeeded: fleet, failed: 0, pending: 0 } },
    });
    await expect(tagsOf(ids[200] ?? '')).resolves.toEqual({ group: 'queue', done: true });
  });

  it('lists all devices first where tagging them changes the condition', async () => {
    await registerTagged(fleet, { group: 'moving' });
    const where = { path: 'tags.group', op: '=', value: 'moving' };
    const { jobId } = jobOf(await post(setup.services, { where, tags: { group: 'moved' }, engine: 'queue' }));
    for (const page of [0, 1, 2]) {
      const [line] = (await workOne(setup.queue, setup.services)) ?? [];
      expect(line).toContain(`list ${page}: listed a page`);
    }
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { total: fleet, succeeded: fleet, failed: 0, pending: 0 } },
    });
  });

  it('ends at once where nothing meets the condition', async () => {
    const { jobId } = jobOf(await post(setup.services, { where: { location: 'Nowhere' }, tags, engine: 'queue' }));
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { total: 0, succeeded: 0, failed: 0, pending: 0 } },
    });
  });

  it('passes over what is done where a message comes twice', async () => {
    const [a = '', b = ''] = await register(2);
    const { jobId } = jobOf(await post(setup.services, { deviceIds: [a, b], tags, engine: 'queue' }));
    await workAll(setup.queue, setup.services);
    await setup.emulator.registry().updateTwin(a, { tags: { location: { plant: 'Elsewhere' } } }, '*');
    await setup.services.queue()?.send({ kind: 'chunk', jobId, number: 0, attempt: 0 });
    await workAll(setup.queue, setup.services);
    await expect(tagsOf(a)).resolves.toEqual({ location: { plant: 'Elsewhere' } });
  });

  it('lists a page once where a message comes twice', async () => {
    await registerTagged(120, { group: 'twice' });
    const where = { path: 'tags.group', op: '=', value: 'twice' };
    const { jobId } = jobOf(await post(setup.services, { where, tags: { done: true }, engine: 'queue' }));
    for (const number of [0, 0]) await setup.services.queue()?.send({ kind: 'list', jobId, number, attempt: 0 });
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { total: 120, succeeded: 120, failed: 0, pending: 0 } },
    });
  });

  it('leaves the rest alone once it is cancelled', async () => {
    const ids = await register(fleet);
    const { jobId } = jobOf(await post(setup.services, { deviceIds: ids, tags, engine: 'queue' }));
    await workOne(setup.queue, setup.services);
    const counts = { total: fleet, succeeded: 100, failed: 0, pending: fleet - 100 };
    await expect(ask(setup.services, jobId, 'DELETE')).resolves.toMatchObject({
      status: 200,
      body: { state: 'cancelled', counts },
    });
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({ body: { state: 'cancelled', counts } });
    await expect(ask(setup.services, jobId, 'DELETE')).resolves.toMatchObject({ status: 200 });
  });

  it('cannot be cancelled once it has ended', async () => {
    const { jobId } = jobOf(await post(setup.services, { deviceIds: await register(1), tags, engine: 'queue' }));
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId, 'DELETE')).resolves.toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('completed') },
    });
  });

  it('waits until all of the job is in the queue, and drops one whose request was cut off', async () => {
    const [id = ''] = await register(1);
    const { jobId } = jobOf(await post(setup.services, { deviceIds: [id], tags, engine: 'queue' }));
    const store = setup.services.records()?.tagJobs;
    const job = await stored(jobId);
    await store?.write({ ...job, state: 'preparing' });
    await expect(workOne(setup.queue, setup.services)).resolves.toEqual([
      expect.stringContaining('waits for the rest'),
    ]);
    await expect(tagsOf(id)).resolves.toEqual({});
    await setup.services.queue()?.send({ kind: 'chunk', jobId, number: 0, attempt: 0 });
    await store?.write({ ...job, state: 'preparing', createdAt: new Date(Date.now() - 11 * 60_000).toISOString() });
    await expect(workOne(setup.queue, setup.services)).resolves.toEqual([
      expect.stringContaining('never queued whole'),
    ]);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'failed', detail: expect.stringContaining('nothing was tagged'), counts: { pending: 1 } },
    });
    await expect(tagsOf(id)).resolves.toEqual({});
  });

  it('accounts for devices whose messages were lost', async () => {
    const ids = await register(3);
    const { jobId } = jobOf(await post(setup.services, { deviceIds: ids, tags, engine: 'queue' }));
    await setup.queue.clear();
    const store = setup.services.records()?.tagJobs;
    const job = await stored(jobId);
    await store?.write({ ...job, createdAt: new Date(Date.now() - 26 * 3_600_000).toISOString() });
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: {
        state: 'completed',
        counts: { total: 3, succeeded: 0, failed: 3, pending: 0 },
        failures: ids.map((deviceId) => ({ deviceId, status: 0, detail: expect.stringContaining('24 hours') })),
      },
    });
  });

  it.each([['text'], [{}], [{ kind: 'chunk', jobId: 'unknown', number: 0, attempt: 0 }], [{ kind: 'x', jobId: 'a' }]])(
    'refuses the message %j, which the host then puts aside',
    async (message) => {
      await setup.queue.send(message);
      await expect(workOne(setup.queue, setup.services)).rejects.toThrow(/no job unknown|Not a message of a tag job/);
    },
  );
});

describe('a dry run', () => {
  it('of a list tells how many, some of them, and how long it would take', async () => {
    const deviceIds = Array.from({ length: 10_000 }, (_, n) => `d${n}`);
    await expect(post(setup.services, { deviceIds, tags, dryRun: true })).resolves.toMatchObject({
      status: 200,
      body: { dryRun: true, engine: 'queue', devices: 10_000, sample: deviceIds.slice(0, 10), expectedSeconds: 200 },
    });
  });

  it('is one wherever it is asked for', async () => {
    const [id = ''] = await register(1);
    const body = { deviceIds: [id], tags, dryRun: false };
    await expect(post(setup.services, body, { query: { dryRun: 'true' } })).resolves.toMatchObject({
      body: { dryRun: true },
    });
    await expect(tagsOf(id)).resolves.toEqual({});
  });

  it('of a condition asks the index', async () => {
    const ids = await registerTagged(2, { group: 'dry' });
    const where = { path: 'tags.group', op: '=', value: 'dry' };
    const answer = await post(setup.services, { where, tags, dryRun: true, engine: 'hubJob' });
    expect(answer).toMatchObject({ body: { engine: 'hubJob', devices: 2, expectedSeconds: 1 } });
    await expect(tagsOf(ids[0] ?? '')).resolves.toEqual({ group: 'dry' });
  });

  it('of a file is asked for in the query, and knows the quota of a larger hub', async () => {
    const csv = ['deviceId,plant', ...Array.from({ length: 2000 }, (_, n) => `d${n},A`)].join('\n');
    const options = { type: 'text/csv', query: { dryRun: 'true', engine: 'queue' } };
    await expect(
      post(setup.servicesWith({ IOTHUB_SKU: 'S3', IOTHUB_UNITS: '2' }), csv, options),
    ).resolves.toMatchObject({
      body: { engine: 'queue', devices: 2000, expectedSeconds: 4 },
    });
  });
});

describe('an idempotency key', () => {
  const headers = { 'idempotency-key': 'a-key' };

  it.each(['direct', 'queue'])('starts one job (%s), whose answer a repetition is told', async (engine) => {
    const [id = ''] = await register(1);
    const options = { headers: { 'idempotency-key': `key-${engine}` } };
    const body = { deviceIds: [id], tags, engine };
    const first = await post(setup.services, body, options);
    await workAll(setup.queue, setup.services);
    await setup.emulator.registry().updateTwin(id, { tags: { location: { plant: 'Elsewhere' } } }, '*');
    const second = await post(setup.services, body, options);
    expect(second.status).toBe(first.status);
    expect(jobOf(second)).toMatchObject({ jobId: jobOf(first).jobId, state: 'completed', counts: { succeeded: 1 } });
    await expect(tagsOf(id)).resolves.toEqual({ location: { plant: 'Elsewhere' } });
    await expect(post(setup.services, { ...body, tags: { other: 1 } }, options)).resolves.toMatchObject({
      status: 409,
      body: { type: 'urn:device-twins:problem:idempotency-conflict' },
    });
  });

  it('does not hold back the second try of a request that failed', async () => {
    const failing = { ...setup.services, queue: () => undefined };
    const body = { deviceIds: await register(1), tags, engine: 'queue' };
    await expect(post(failing, body, { headers })).resolves.toMatchObject({ status: 500 });
    await expect(post(setup.services, body, { headers })).resolves.toMatchObject({ status: 202 });
  });

  it('of a request that was cut off goes on with its job', async () => {
    const [id = ''] = await register(1);
    const body = { deviceIds: [id], tags, engine: 'queue' };
    const options = { headers: { 'idempotency-key': 'cut-off' } };
    const { jobId } = jobOf(await post(setup.services, body, options));
    await setup.queue.clear();
    const store = setup.services.records()?.tagJobs;
    const job = await stored(jobId);
    await store?.write({ ...job, state: 'preparing' });
    await expect(post(setup.services, body, options)).resolves.toMatchObject({
      status: 409,
      headers: { 'retry-after': '5' },
      body: { type: 'urn:device-twins:problem:job-state' },
    });
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    const again = await post(setup.services, body, options);
    later.mockRestore();
    expect(again).toMatchObject({ status: 202, body: { jobId, state: 'queued' } });
    await workAll(setup.queue, setup.services);
    await expect(tagsOf(id)).resolves.toEqual(tags);
  });

  it.each(['', 'a b', 'é', 'x'.repeat(201)])('is not %j', async (key) => {
    const answer = await post(setup.services, { deviceIds: ['d'], tags }, { headers: { 'idempotency-key': key } });
    expect(answer).toMatchObject({ status: 400, body: { path: 'Idempotency-Key' } });
  });
});

describe('bad input is refused before anything is done:', () => {
  const deviceIds = ['d1'];
  it.each([
    ['neither devices nor a condition', { tags }, 400, 'deviceIds'],
    ['both', { deviceIds, where: { location: 'A' }, tags }, 400, 'deviceIds'],
    ['no tags', { deviceIds }, 400, 'tags'],
    ['no device', { deviceIds: [], tags }, 400, 'deviceIds'],
    ['an unknown member', { deviceIds, tags, engin: 'queue' }, 400, 'engin'],
    ['an unknown engine', { deviceIds, tags, engine: 'fast' }, 400, 'engine'],
    ['a hub job of a list', { deviceIds, tags, engine: 'hubJob' }, 400, 'engine'],
    ['a bad device id', { deviceIds: ['d1', 'a/b'], tags }, 400, 'deviceIds[1]'],
    ['a device twice', { deviceIds: ['d1', 'd2', 'd1'], tags }, 400, 'deviceIds[2]'],
    ['a tag against the limits', { deviceIds, tags: { 'a.b': 1 } }, 400, 'tags.a.b'],
    ['the form of a twin', { deviceIds, tags: { tags: { plant: 'X' } } }, 400, 'tags.tags'],
    ['null in an object in a list', { deviceIds, tags: { l: [{ a: null }] } }, 400, 'tags.l[0].a'],
    ['tags and cells', { deviceIds, tags, cells: { plant: 'A' } }, 400, 'tags'],
    ['a condition in bad words', { filter: 'location =', tags }, 400, 'filter'],
    ['a bad condition', { where: { plant: 'A' }, tags }, 400, 'where.plant'],
    ['query text', { where: "deviceId = 'a'", tags }, 400, 'where'],
    ['a list', [], 400, ''],
  ])('%s', async (_name, body, status, path) => {
    const answer = await post(setup.services, body);
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect((answer.body as { path?: string }).path ?? '').toBe(path);
  });

  it.each([
    ['text/csv', 'deviceId,plant\nd1,A\nd 2,B\nd1,C\n', [3, 4]],
    ['application/x-ndjson', '{"deviceId":"d1","tags":{}}\n{"deviceId":"d1","tags":{}}\nx\n', [2, 3]],
    ['text/csv', Buffer.from('deviceId,plant\nd1,\xff', 'latin1'), [2]],
  ])('%s, with the numbers of the lines', async (type, body, lines) => {
    const answer = await post(setup.services, body, { type });
    expect(answer).toMatchObject({ status: 400, body: { lines: lines.map((line) => ({ line })) } });
  });

  it.each([
    ['another content type', 'a', 'text/plain', 415],
    ['a large body', Buffer.alloc(8 * 1024 * 1024 + 1), 'text/csv', 413],
    ['broken JSON', '{', 'application/json', 400],
  ])('%s', async (_name, body, type, status) => {
    await expect(post(setup.services, body, { type })).resolves.toMatchObject({ status });
  });

  it.each([{ engine: 'fast' }, { dryRun: 'maybe' }])('the query %j', async (query) => {
    const answer = await post(setup.services, 'deviceId,plant\nd1,A', { type: 'text/csv', query });
    expect(answer).toMatchObject({ status: 400, body: { path: Object.keys(query)[0] } });
  });

  it('an engine in the body, and another in the address', async () => {
    const answer = await post(setup.services, { deviceIds, tags, engine: 'queue' }, { query: { engine: 'direct' } });
    expect(answer).toMatchObject({ status: 400, body: { path: 'engine' } });
  });

  it('unknown jobs, and pages of other jobs', async () => {
    await expect(ask(setup.services, 'no-such-job')).resolves.toMatchObject({
      status: 404,
      body: { type: 'urn:device-twins:problem:unknown-job' },
    });
    await expect(ask(setup.services, 'NoSuchJob', 'DELETE')).resolves.toMatchObject({ status: 404 });
    const { jobId } = jobOf(await post(setup.services, { deviceIds: ['nobody'], tags }));
    const answer = await ask(setup.services, jobId, 'GET', { continuation: 'x' });
    expect(answer).toMatchObject({ status: 400, body: { path: 'continuation' } });
  });
});
