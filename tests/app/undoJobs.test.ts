import type { Services } from '../../src/app/services';
import { needRecords } from '../../src/app/services';
import type { Hub } from '../../src/azure/hub/hub';
import { HubError } from '../../src/azure/hub/hubError';
import { TablesError } from '../../src/azure/tables/tables';
import type { JsonObject } from '../../src/json';
import {
  ask,
  askOutcomes,
  askUndo,
  jobOf,
  post,
  startTagJobs,
  type TagJobsSetup,
  workAll,
  workOne,
} from './tagJobsSetup';

// What a tag job did is taken back: on a hub that other callers use too, with tables and queue in memory.

// A busy machine serves few calls a second, and the large job has thousands of them.
jest.setTimeout(240_000);

const fleet = 1000;
let setup: TagJobsSetup;
/** The devices of the large job, and those of all others. */
let crowd: string[];
let ids: string[];

beforeAll(async () => {
  setup = await startTagJobs(fleet + 200);
  const all = Array.from({ length: fleet + 200 }, (_, n) => `sim-${String(n + 1).padStart(6, '0')}`);
  [crowd, ids] = [all.slice(0, fleet), all.slice(fleet)];
});
afterAll(() => setup.stop());
afterEach(() => setup.queue.clear());

const write = (deviceId: string, tags: object) => setup.emulator.registry().updateTwin(deviceId, { tags }, '*');

async function tagsOf(deviceId: string): Promise<JsonObject> {
  return (await setup.emulator.registry().getTwin(deviceId)).responseBody.tags;
}

/** The tags of all devices, by their ids. */
async function allTags(): Promise<Map<string, JsonObject>> {
  const all = new Map<string, JsonObject>();
  const query = setup.emulator.registry().createQuery('SELECT * FROM devices', 100);
  while (query.hasMoreResults) {
    for (const { deviceId, tags } of (await query.nextAsTwin()).result as unknown as {
      deviceId: string;
      tags: JsonObject;
    }[])
      all.set(deviceId, tags);
  }
  return all;
}

/** Tags devices by the engine; the id of the job that has done it. */
async function tag(deviceIds: string[], tags: object, query: Record<string, string> = {}): Promise<string> {
  const { jobId } = jobOf(await post(setup.services, { deviceIds, tags }, { query }));
  await workAll(setup.queue, setup.services);
  return jobId;
}

async function undo(jobId: string, query: Record<string, string> = {}) {
  const answer = await askUndo(setup.services, { jobId }, query);
  expect([200, 202]).toContain(answer.status);
  await workAll(setup.queue, setup.services);
  return jobOf(await ask(setup.services, jobOf(answer).jobId));
}

/** Services whose hub does something before it writes a device. */
function before(action: (deviceId: string) => Promise<unknown>): Services {
  const hub: Services['hub'] = (...args) => {
    const real = setup.services.hub(...args);
    const updateTags: Hub['updateTags'] = async (deviceId, ...more) => {
      await action(deviceId);
      return real.updateTags(deviceId, ...more);
    };
    return Object.assign(Object.create(real), { updateTags });
  };
  return { ...setup.services, hub };
}

it('takes back a job on 1,000 devices while others write: each is as before, or told why not; and so is that', async () => {
  const registry = setup.emulator.registry();
  for (const deviceId of crowd.slice(0, 60)) await write(deviceId, { location: { plant: 'Old', region: 'US' } });
  const before = await allTags();
  const jobId = await tag(crowd, { location: { plant: 'Wrong' }, site: { floor: 3 } });
  expect(jobOf(await ask(setup.services, jobId))).toMatchObject({
    engine: 'queue',
    counts: { succeeded: fleet },
    undoable: true,
  });

  // Others write while it is taken back: the same paths on some devices, others on others.
  const answer = await askUndo(setup.services, { jobId }, { reason: 'the wrong plant' });
  expect(answer).toMatchObject({
    status: 202,
    body: { undoes: jobId, counts: { total: fleet }, reason: 'the wrong plant' },
  });
  const rivals = new Set(crowd.slice(50, 60));
  for (const deviceId of rivals) await write(deviceId, { location: { plant: 'Theirs' } });
  let isWorked = false;
  const others = async () => {
    for (let n = 0; !isWorked && n < fleet; n += 7) {
      const deviceId = crowd[(n * 13) % fleet] ?? '';
      rivals.add(deviceId);
      await registry.updateTwin(deviceId, { tags: n % 2 ? { location: { plant: 'Theirs' } } : { note: n } }, '*');
    }
  };
  const working = workAll(setup.queue, setup.services).finally(() => {
    isWorked = true;
  });
  await Promise.all([working, others()]);

  const undone = jobOf(answer).jobId;
  const failed = new Map<string, string>();
  for (let continuation: string | undefined = ''; continuation !== undefined; ) {
    const page = jobOf(await ask(setup.services, undone, 'GET', continuation ? { continuation } : {}));
    expect(page).toMatchObject({ state: 'completed', counts: { total: fleet, pending: 0 } });
    for (const { deviceId, status, detail } of page.failures) {
      expect(status).toBe(409);
      failed.set(deviceId, detail);
    }
    ({ continuation } = page);
  }
  expect([...failed.keys()]).toEqual(expect.arrayContaining(crowd.slice(50, 60)));
  const after = await allTags();
  for (const deviceId of crowd) {
    const { note: _, ...now } = after.get(deviceId) ?? {};
    const was = before.get(deviceId) ?? {};
    const theirs = { ...was, location: { ...(was.location as object), plant: 'Theirs' } };
    if (failed.has(deviceId)) {
      expect(failed.get(deviceId)).toMatch(/^Changed since, and left as it is: tags\.location\.plant\. Ask with force/);
      expect(now).toEqual(theirs);
    } else {
      // Who wrote after it was taken back has the last word.
      expect(rivals.has(deviceId) ? [was, theirs] : [was]).toContainEqual(now);
    }
  }

  // To take that back brings the tags of the job again, where nobody has written since.
  const again = await undo(undone);
  expect(again).toMatchObject({ undoes: undone, state: 'completed', counts: { pending: 0 } });
  const last = await allTags();
  const untouched = crowd.filter((deviceId) => !rivals.has(deviceId));
  expect(untouched.length).toBeGreaterThan(fleet / 2);
  for (const deviceId of untouched) {
    const was = before.get(deviceId) ?? {};
    expect(last.get(deviceId)).toEqual({
      ...was,
      location: { ...(was.location as object), plant: 'Wrong' },
      site: { floor: 3 },
    });
  }
});

describe.each(['direct', 'queue'])('a job by %s', (engine) => {
  it('is taken back at the paths that it touched, which may be asked for before, and once', async () => {
    const [a = '', b = ''] = ids;
    await write(a, { site: null, location: { plant: 'A', region: 'US' } });
    await write(b, { site: null, location: null });
    const jobId = await tag([a, b, 'nobody'], { location: { plant: 'B' }, site: { floor: 1 } }, { engine });
    await write(a, { mine: 1 });
    await expect(askUndo(setup.services, { jobId }, { dryRun: 'true' })).resolves.toMatchObject({
      status: 200,
      body: { dryRun: true, engine: 'direct', devices: 2, sample: [a, b], expectedSeconds: 1 },
    });
    await expect(tagsOf(b)).resolves.toEqual({ location: { plant: 'B' }, site: { floor: 1 } });
    const key = { headers: { 'idempotency-key': `undo-${engine}` }, body: { reason: 'oops' } };
    const answer = await askUndo(setup.services, { jobId }, {}, key);
    expect(answer).toMatchObject({
      status: 200,
      body: { engine: 'direct', undoes: jobId, reason: 'oops', counts: { total: 2, succeeded: 2 } },
    });
    await expect(tagsOf(a)).resolves.toEqual({ location: { plant: 'A', region: 'US' }, mine: 1 });
    await expect(tagsOf(b)).resolves.toEqual({});
    await expect(askUndo(setup.services, { jobId }, {}, key)).resolves.toMatchObject({
      body: { jobId: jobOf(answer).jobId },
    });
    await expect(askUndo(setup.services, { jobId }, { force: 'true' }, key)).resolves.toMatchObject({ status: 409 });
    await write(a, { mine: null });
  });

  it('leaves what was changed since, unless it is forced', async () => {
    const [a = '', b = ''] = ids.slice(2);
    for (const id of [a, b]) await write(id, { site: { floor: 0 }, location: { plant: 'A', region: null } });
    const jobId = await tag([a, b], { location: { plant: 'B' }, site: { floor: 1 } }, { engine });
    await write(a, { location: { plant: 'C' } });
    const failures = [{ deviceId: a, status: 409, detail: expect.stringContaining('tags.location.plant') }];
    await expect(undo(jobId)).resolves.toMatchObject({ counts: { succeeded: 1, failed: 1 }, failures });
    await expect(tagsOf(a)).resolves.toEqual({ location: { plant: 'C' }, site: { floor: 0 } });
    await expect(tagsOf(b)).resolves.toEqual({ location: { plant: 'A' }, site: { floor: 0 } });
    await expect(undo(jobId, { force: 'true' })).resolves.toMatchObject({ counts: { succeeded: 2, failed: 0 } });
    await expect(tagsOf(a)).resolves.toEqual({ location: { plant: 'A' }, site: { floor: 0 } });
  });

  it('writes a twin only as it was read: what others wrote between is what comes back', async () => {
    const [a = ''] = ids.slice(4);
    await write(a, { location: { plant: 'A' } });
    let isFirst = true;
    const services = before(async (deviceId) => {
      if (isFirst) await write(deviceId, { location: { plant: 'Between' } });
      isFirst = false;
    });
    const { jobId } = jobOf(
      await post(services, { deviceIds: [a], tags: { location: { plant: 'B' } } }, { query: { engine } }),
    );
    await workAll(setup.queue, services);
    await expect(tagsOf(a)).resolves.toMatchObject({ location: { plant: 'B' } });
    await undo(jobId);
    await expect(tagsOf(a)).resolves.toMatchObject({ location: { plant: 'Between' } });
  });

  it('gives up a device that others write each time, and says what helps', async () => {
    const [a = ''] = ids.slice(5);
    let writes = 0;
    const services = before((deviceId) => write(deviceId, { busy: ++writes }));
    const { jobId } = jobOf(
      await post(services, { deviceIds: [a], tags: { location: { plant: 'B' } } }, { query: { engine } }),
    );
    await workAll(setup.queue, services);
    const failures = [{ deviceId: a, status: 412, detail: expect.stringContaining('undoable=false') }];
    expect(jobOf(await ask(setup.services, jobId))).toMatchObject({ counts: { failed: 1 }, failures });
  });

  it('does not read where it is not to be taken back, and says so', async () => {
    const [a = ''] = ids.slice(6);
    const jobId = await tag([a], { location: { plant: 'Z' } }, { engine, undoable: 'false' });
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({ body: { undoable: false } });
    await expect(askUndo(setup.services, { jobId })).resolves.toMatchObject({
      status: 409,
      body: { type: 'urn:device-twins:problem:not-undoable', detail: expect.stringContaining('undoable=false') },
    });
  });
});

it('brings back what was there before a worker died, whose chunk another has worked again', async () => {
  const deviceIds = ids.slice(10, 14);
  for (const id of deviceIds) await write(id, { location: { plant: 'A' } });
  const dying = { ...setup.services };
  let written = 0;
  dying.hub = (...args) => {
    const real = setup.services.hub(...args);
    const updateTags: Hub['updateTags'] = async (...call) => {
      const twin = await real.updateTags(...call);
      // Nobody hears of it.
      if (++written > 2) throw new Error('Killed.');
      return twin;
    };
    return Object.assign(Object.create(real), { updateTags });
  };
  const { jobId } = jobOf(
    await post(setup.services, { deviceIds, tags: { location: { plant: 'B' } }, engine: 'queue' }),
  );
  await expect(workOne(setup.queue, dying)).rejects.toThrow('Killed.');
  await setup.services.queue()?.send({ kind: 'chunk', jobId, number: 0, attempt: 0 });
  await workAll(setup.queue, setup.services);
  await expect(undo(jobId)).resolves.toMatchObject({ counts: { total: 4, succeeded: 4 } });
  for (const id of deviceIds) await expect(tagsOf(id)).resolves.toMatchObject({ location: { plant: 'A' } });
});

it('leaves a device that has the tags already as it is, for no version is made', async () => {
  const [a = ''] = ids.slice(20);
  await write(a, { location: { plant: 'B' } });
  const { responseBody: twin } = await setup.emulator.registry().getTwin(a);
  const jobId = await tag([a], { location: { plant: 'B' } });
  await expect(setup.emulator.registry().getTwin(a)).resolves.toMatchObject({ responseBody: { etag: twin.etag } });
  await expect(undo(jobId)).resolves.toMatchObject({ counts: { total: 0 } });
});

it('does not write a device of which the tables keep nothing, and tells of the others', async () => {
  const [a = '', b = ''] = ids.slice(34);
  const { values } = needRecords(setup.services).tagJobs;
  const failing = jest.spyOn(values, 'keep').mockRejectedValueOnce(new TablesError('The tables do not answer.'));
  const first = jobOf(await post(setup.services, { deviceIds: [a], tags: { kept: 1 } }));
  expect(first).toMatchObject({ counts: { failed: 1 }, failures: [{ deviceId: a, status: 503 }] });
  expect(await tagsOf(a)).not.toHaveProperty('kept');
  await expect(post(setup.services, { deviceIds: [a, b], tags: { kept: 1 } })).resolves.toMatchObject({
    body: { counts: { succeeded: 2 } },
  });
  failing.mockRestore();
});

it('keeps the version that it made of each device', async () => {
  const deviceIds = ids.slice(21, 24);
  const jobId = await tag(deviceIds, { version: 'kept' }, { engine: 'queue' });
  const kept = await needRecords(setup.services).tagJobs.values.ofPart(jobId, 0);
  const { responseBody: twin } = await setup.emulator.registry().getTwin(deviceIds[1] ?? '');
  expect([...kept.values()].map(({ deviceId }) => deviceId)).toEqual(deviceIds);
  expect(kept.get(1)).toMatchObject({
    changes: [{ path: ['version'], after: 'kept' }],
    version: (twin as unknown as { version: number }).version,
  });
});

describe('is refused', () => {
  it('while the job is at work, and a moment after it was cancelled', async () => {
    const { jobId } = jobOf(
      await post(setup.services, { deviceIds: ids.slice(0, 150), tags: { half: 1 }, engine: 'queue' }),
    );
    await workOne(setup.queue, setup.services);
    const refusal = { status: 409, body: { type: 'urn:device-twins:problem:job-state' } };
    await expect(askUndo(setup.services, { jobId })).resolves.toMatchObject(refusal);
    await ask(setup.services, jobId, 'DELETE');
    await expect(askUndo(setup.services, { jobId })).resolves.toMatchObject({
      ...refusal,
      headers: { 'retry-after': '15' },
    });
    await workAll(setup.queue, setup.services);
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 16_000);
    const answer = await askUndo(setup.services, { jobId });
    later.mockRestore();
    expect(answer).toMatchObject({ status: 200, body: { counts: { total: 100, succeeded: 100 } } });
    await expect(askOutcomes(setup.services, jobId, { outcome: 'succeeded' })).resolves.toMatchObject({ status: 200 });
    expect(await tagsOf(ids[0] ?? '')).not.toHaveProperty('half');
  });

  it.each([[{ forse: 'true' }], [{ force: 'maybe' }], [{ reason: '' }]])('with %j', async (query) => {
    const answer = await askUndo(setup.services, { jobId: 'any' }, query as unknown as Record<string, string>);
    expect(answer).toMatchObject({ status: 400, body: { path: Object.keys(query)[0] } });
  });

  it('with a body that does not say what it is', async () => {
    const headers = { 'content-length': '15' };
    await expect(askUndo(setup.services, { jobId: 'any' }, {}, { headers })).resolves.toMatchObject({ status: 415 });
  });

  it('of a job that is not known, and with a body that is none', async () => {
    await expect(askUndo(setup.services, { jobId: 'unknown' })).resolves.toMatchObject({ status: 404 });
    const answer = await askUndo(setup.services, { jobId: 'unknown' }, {}, { body: { forse: true } });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('forse') } });
  });
});

it('fails where the hub does, and goes on', async () => {
  const deviceIds = ids.slice(30, 33);
  const jobId = await tag(deviceIds, { shaky: 1 });
  let failures = 0;
  const shaky = before(async () => {
    if (++failures === 1) throw new HubError('notFound', 'gone');
  });
  const answer = await askUndo(shaky, { jobId });
  expect(answer).toMatchObject({
    status: 200,
    body: { counts: { succeeded: 2, failed: 1 }, failures: [{ status: 404 }] },
  });
  await expect(undo(jobId)).resolves.toMatchObject({ counts: { total: 3, succeeded: 3 } });
});
