import { ask, askOutcomes, jobOf, post, startTagJobs, type TagJobsSetup, workAll, workOne } from './tagJobsSetup';

const tags = { location: { plant: 'Redmond43' } };

let setup: TagJobsSetup;

beforeAll(async () => {
  setup = await startTagJobs(320);
});
afterAll(() => setup.stop());
afterEach(() => setup.queue.clear());

const simulated = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `sim-${String(from + n + 1).padStart(6, '0')}`);

type Outcomes = { deviceId: string; outcome: string; status?: number; detail?: string }[];

/** All outcomes, page after page by the links. */
async function outcomesOf(jobId: string, query: Record<string, string>): Promise<Outcomes> {
  const all: Outcomes = [];
  let next: Record<string, string> | undefined = query;
  while (next) {
    const { status, body, headers } = await askOutcomes(setup.services, jobId, next);
    expect(status).toBe(200);
    all.push(...(body as unknown as { outcomes: Outcomes }).outcomes);
    const [, link] = /^<(.*)>; rel="next"$/.exec(headers.link ?? '') ?? [];
    next = link === undefined ? link : Object.fromEntries(new URL(link, 'http://localhost').searchParams);
  }
  return all;
}

it('a cancelled job tells which devices were tagged, which failed and which were not reached', async () => {
  const ids = ['nobody', ...simulated(0, 249)];
  const { jobId } = jobOf(await post(setup.services, { deviceIds: ids, tags, engine: 'queue' }));
  await workOne(setup.queue, setup.services);
  await expect(outcomesOf(jobId, { outcome: 'pending' })).resolves.toHaveLength(150);
  await ask(setup.services, jobId, 'DELETE');
  await workAll(setup.queue, setup.services);

  const all = await outcomesOf(jobId, { limit: '7' });
  expect(all).toEqual(
    ids.map((deviceId, index) => {
      if (index === 0) return { deviceId, outcome: 'failed', status: 404, detail: expect.stringContaining('register') };
      return { deviceId, outcome: index < 100 ? 'succeeded' : 'notReached' };
    }),
  );
  for (const outcome of ['succeeded', 'failed', 'pending', 'notReached']) {
    await expect(outcomesOf(jobId, { outcome, limit: '60' })).resolves.toEqual(
      all.filter((each) => each.outcome === outcome),
    );
  }
});

it('tells them as CSV', async () => {
  const deviceIds = ['nobody', ...simulated(300, 301)];
  const { jobId } = jobOf(await post(setup.services, { deviceIds, tags, engine: 'queue' }));
  await workAll(setup.queue, setup.services);
  const { headers, body } = await askOutcomes(setup.services, jobId, {}, 'text/csv');
  expect(headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(body).toMatch(/^deviceId,outcome,status,detail\r\nnobody,failed,404,.*\r\nsim-000301,succeeded,,\r\n$/);
});

it('tells those of a condition', async () => {
  const where = { path: 'deviceId', op: '>', value: 'sim-000200' };
  const { jobId } = jobOf(await post(setup.services, { where, tags: { seen: 1 }, engine: 'queue' }));
  await workAll(setup.queue, setup.services);
  const all = await outcomesOf(jobId, {});
  expect(all.map(({ deviceId }) => deviceId).sort()).toEqual(simulated(200, 320));
  expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
});

it('tells those of a job of the hub', async () => {
  const where = { path: 'deviceId', op: '<=', value: 'sim-000003' };
  const { jobId } = jobOf(await post(setup.services, { where, tags: { seen: 2 }, engine: 'hubJob' }));
  for (;;) {
    const { state } = jobOf(await ask(setup.services, jobId));
    if (state === 'completed') break;
    expect(['queued', 'running']).toContain(state);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const all = await outcomesOf(jobId, { limit: '2' });
  expect(all.map(({ deviceId, outcome }) => `${deviceId} ${outcome}`).sort()).toEqual(
    simulated(0, 3).map((id) => `${id} succeeded`),
  );
});

it('refuses jobs that it does not know, that told it already, and pages of others', async () => {
  await expect(askOutcomes(setup.services, 'no-such-job')).resolves.toMatchObject({ status: 404 });
  const direct = jobOf(await post(setup.services, { deviceIds: ['nobody'], tags }));
  await expect(askOutcomes(setup.services, direct.jobId)).resolves.toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('results') },
  });
  const { jobId } = jobOf(await post(setup.services, { deviceIds: ['nobody'], tags, engine: 'queue' }));
  for (const query of [{ continuation: 'x' }, { outcome: 'done' }, { limit: '1001' }]) {
    const answer = await askOutcomes(setup.services, jobId, query as unknown as Record<string, string>);
    expect(answer).toMatchObject({ status: 400, body: { path: Object.keys(query)[0] } });
  }
});
