import { endpoint } from '../../src/api/http/endpoint';
import { needRecords } from '../../src/app/services';
import { tagJobsList } from '../../src/functions/tagJobsList';
import type { JobSummary, TagJob } from '../../src/tagJobs/tagJob';
import { memoryTables } from '../support/memoryTables';
import { allButDate, call, keepingIn } from './functionCalls';
import { jobOf, post, startTagJobs, type TagJobsSetup, workAll } from './tagJobsSetup';

let setup: TagJobsSetup;

beforeAll(async () => {
  setup = await startTagJobs(3);
});
afterAll(() => setup.stop());
beforeEach(() => {
  setup = { ...setup, services: keepingIn(memoryTables(), setup.services) };
});

const tags = { location: { plant: 'Redmond43' } };
const deviceIds = ['sim-000001', 'sim-000002', 'nobody'];

function ask(query: Record<string, string> = {}) {
  const url = `http://localhost/api/tagJobs?${new URLSearchParams(query)}`;
  return call(endpoint(tagJobsList, setup.services), { method: 'GET', url, query });
}

/** All jobs, page after page by the links. */
async function list(query: Record<string, string> = {}): Promise<{ jobs: JobSummary[]; pages: number }> {
  const jobs: JobSummary[] = [];
  let next: Record<string, string> | undefined = query;
  let pages = 0;
  for (; next; pages++) {
    const { status, body, headers } = await ask(next);
    expect(status).toBe(200);
    jobs.push(...(body as unknown as { jobs: JobSummary[] }).jobs);
    const [, link] = /^<(.*)>; rel="next"$/.exec(headers.link ?? '') ?? [];
    next = link === undefined ? link : Object.fromEntries(new URL(link, 'http://localhost').searchParams);
  }
  return { jobs, pages };
}

/** Keeps a job that was begun so many seconds ago. */
async function keep(jobId: string, secondsAgo: number, more: Partial<TagJob> = {}): Promise<void> {
  const { tagJobs } = needRecords(setup.services);
  const createdAt = new Date(Date.now() - secondsAgo * 1000).toISOString();
  const job: TagJob = { jobId, engine: 'direct', state: 'completed', createdAt, expectedSeconds: 1, total: 1, ...more };
  await tagJobs.enter(job);
  await tagJobs.write({ ...job, endedAt: createdAt, succeeded: 1, failed: 0 });
}

it('tells of every job as it stands, newest first, without its failures', async () => {
  await keep('older', 10);
  const direct = jobOf(await post(setup.services, { deviceIds, tags }));
  await expect(list()).resolves.toMatchObject({
    jobs: [{ jobId: direct.jobId, engine: 'direct', counts: { succeeded: 2, failed: 1 } }, { jobId: 'older' }],
  });
  jest.useFakeTimers({ now: Date.now() + 1000, doNotFake: [...allButDate] });
  const queued = jobOf(await post(setup.services, { deviceIds, tags, engine: 'queue' }));
  jest.useRealTimers();
  const [first] = (await list()).jobs;
  expect(first).toMatchObject({ jobId: queued.jobId, state: 'queued', counts: { total: 3, pending: 3 } });
  expect(first).not.toHaveProperty('failures');
  await workAll(setup.queue, setup.services);
  await expect(list({ limit: '1' })).resolves.toMatchObject({
    jobs: [{ state: 'completed', counts: { succeeded: 2, failed: 1 } }, {}, {}],
    pages: 3,
  });
});

it('chooses by state, over pages that have none of it', async () => {
  for (let n = 0; n < 250; n++) await keep(`done-${n}`, n);
  for (const n of [50.5, 240.5]) await keep(`cancelled-${n * 10}`, n, { state: 'cancelled' });
  await expect(list({ state: 'cancelled' })).resolves.toMatchObject({
    jobs: [{ jobId: 'cancelled-505' }, { jobId: 'cancelled-2405' }],
    pages: 3,
  });
  const { jobs } = await list({ state: 'completed', limit: '7' });
  expect(jobs.map(({ jobId }) => jobId)).toEqual(Array.from({ length: 250 }, (_, n) => `done-${n}`));
  await expect(list({ limit: '7' })).resolves.toMatchObject({ pages: 36 });
});

it('tells once of a job that was begun again, and not of one without a job or that is too old', async () => {
  await keep('again', 20);
  await keep('again', 5);
  await keep('between', 10);
  await keep('old', 30 * 24 * 3600 + 1);
  await needRecords(setup.services).tagJobs.enter({ jobId: 'failed', createdAt: new Date().toISOString() });
  expect((await list()).jobs.map(({ jobId }) => jobId)).toEqual(['again', 'between']);
});

it('tells of a job of the hub as it was kept where the hub does not know it', async () => {
  const job = { jobId: 'of-the-hub', engine: 'hubJob', state: 'queued', expectedSeconds: 1, total: 7 } as const;
  const { tagJobs } = needRecords(setup.services);
  const createdAt = new Date().toISOString();
  await tagJobs.enter({ ...job, createdAt });
  await tagJobs.write({ ...job, createdAt });
  await expect(list()).resolves.toMatchObject({
    jobs: [{ jobId: 'of-the-hub', state: 'queued', counts: { total: 7 } }],
  });
});

it.each([{ state: 'preparing' }, { limit: '101' }, { continuation: 'x' }, { sate: 'queued' }])(
  'refuses %j',
  async (query) => {
    await expect(ask(query)).resolves.toMatchObject({ status: 400, body: { path: Object.keys(query)[0] } });
  },
);
