import { createServices, needRecords, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { type Tables, tablesAt } from '../../src/azure/tables/tables';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import { toChunks } from '../../src/tagJobs/chunk';
import type { TagJob } from '../../src/tagJobs/tagJob';
import type { Claim } from '../../src/tagJobs/tagJobStore';
import { parseTagsPatch } from '../../src/twins/tags';
import { startTables, type TestStorage } from '../support/azurite';
import { recordingContext, servicesOf } from './functionCalls';
import { json, type ScriptedHub, startScriptedHub } from './scriptedHub';
import { ask, post } from './tagJobsSetup';

const days = 24 * 60 * 60 * 1000;

let storage: TestStorage;
let hub: ScriptedHub;
let services: Services;
let tables: Tables;

beforeAll(async () => {
  [storage, hub] = await Promise.all([startTables(), startScriptedHub()]);
  const { records } = createServices(readSettings({ TWIN_TABLES_CONNECTION_STRING: storage.connectionString }));
  services = { ...servicesOf(hub), records };
  tables = tablesAt({ kind: 'key', connectionString: storage.connectionString });
});
afterAll(() => Promise.all([storage.stop(), hub.stop()]));
afterEach(async () => {
  jest.restoreAllMocks();
  for (const name of ['TagJobs', 'TagJobFailures', 'TagJobValues', 'Runs'] as const) {
    await tables.use(name, async (table) => table.removeAll((await table.list({}, 1000)).rows));
  }
});

/** Keeps a job that has ended, with its chunks, its key and its failures. */
async function keepJob(jobId: string, { devices = 150, failed = 1, createdAt = new Date().toISOString() } = {}) {
  const { tagJobs } = needRecords(services);
  const job: TagJob = { jobId, engine: 'queue', state: 'completed', expectedSeconds: 1, total: devices, createdAt };
  await tagJobs.claim(`key of ${jobId}`, { jobId, fingerprint: 'f', claimedAt: createdAt });
  const rows = Array.from({ length: devices }, (_, n) => ({ deviceId: `d${n}`, tags: parseTagsPatch({}) }));
  await tagJobs.putChunks(jobId, [...toChunks(rows, undefined)]);
  const failures = rows.slice(0, failed).map(({ deviceId }, index) => ({ deviceId, status: 404, detail: '', index }));
  await tagJobs.keepFailures(
    jobId,
    failures.map((failure) => ({ ...failure, chunk: 0 })),
  );
  await tagJobs.write({ ...job, endedAt: createdAt, succeeded: devices - failed, failed });
}

/** A moment after which nothing was written yet, and before which all was. */
async function now(): Promise<Date> {
  const moment = Date.now() + 1;
  while (Date.now() <= moment) await new Promise(setImmediate);
  return new Date(moment);
}

async function partitions(name: 'TagJobs' | 'TagJobFailures' | 'TagJobValues'): Promise<string[]> {
  const { rows } = await tables.use(name, (table) => table.list({ columns: [] }, 1000));
  return [...new Set(rows.map(({ partitionKey }) => partitionKey))].sort();
}

it('removes old jobs with their chunks, failures and keys, and leaves the others', async () => {
  await keepJob('old-1');
  await keepJob('old-2');
  const before = await now();
  await keepJob('young');
  // Of each old job: itself, its key, two chunks of two rows, and a failure.
  await expect(needRecords(services).tagJobSweep.run(before)).resolves.toBe(2 * 7);
  expect(await partitions('TagJobs')).toEqual([expect.stringMatching(/^claim\|.*young/), 'young']);
  expect(await partitions('TagJobFailures')).toEqual(['young']);
  await expect(ask(services, 'young')).resolves.toMatchObject({
    status: 200,
    body: { failures: [{ deviceId: 'd0' }] },
  });
  await expect(needRecords(services).tagJobSweep.run(before)).resolves.toBe(0);
});

it('removes what old jobs replaced, several pages at a time', async () => {
  const { tagJobs, tagJobSweep } = needRecords(services);
  const keep = async (jobId: string, parts: number) => {
    for (let part = 0; part < parts; part++) {
      const devices = Array.from({ length: 100 }, (_, n) => [n, { deviceId: `d${n}`, changes: [] }] as const);
      await tagJobs.values.keep(jobId, part, devices);
    }
  };
  await keep('old', 11);
  const before = await now();
  await keep('young', 1);
  await expect(tagJobSweep.run(before)).resolves.toBe(1100);
  expect(await partitions('TagJobValues')).toEqual(['young']);
});

it('removes a page at a time, and goes on where it stopped', async () => {
  await keepJob('first', { devices: 1, failed: 1 });
  await keepJob('large', { devices: 2500, failed: 2300 });
  const before = await now();
  const { tagJobSweep } = needRecords(services);
  // Four rows of `first` and 52 of `large`, beside the failures, of which a page holds 1,000.
  await expect(tagJobSweep.run(before)).resolves.toBe(4 + 52 + 1000);
  await expect(tagJobSweep.run(before)).resolves.toBe(1000);
  await expect(tagJobSweep.run(before)).resolves.toBe(301);
  expect(await partitions('TagJobFailures')).toEqual([]);
});

it('may run twice at a time', async () => {
  await keepJob('old', { devices: 2000, failed: 300 });
  const before = await now();
  const { tagJobSweep } = needRecords(services);
  await Promise.all([tagJobSweep.run(before), tagJobSweep.run(before)]);
  expect([...(await partitions('TagJobs')), ...(await partitions('TagJobFailures'))]).toEqual([]);
});

it('begins again where the service does not know the place any more', async () => {
  await keepJob('old');
  const before = await now();
  const { tagJobSweep } = needRecords(services);
  const place = { partitionKey: 'sweepTagJobs', rowKey: 'TagJobs', continuation: 'nowhere' };
  await tables.use('Runs', (table) => table.put(place));
  await tagJobSweep.run(before).catch(() => {});
  await tagJobSweep.run(before);
  expect(await partitions('TagJobs')).toEqual([]);
});

it('is done with the twin queries, whose lines tell of it', async () => {
  const answers = () => hub.play(json({}), json([]), json([]), json([]), json([]), json([]), json([]));
  await keepJob('young', { failed: 0 });
  const run = async () => {
    answers();
    const { context, logged } = recordingContext();
    await runTwinQueries(context, services);
    return logged.filter((line) => line.includes('tag jobs'));
  };
  await expect(run()).resolves.toEqual([]);
  await now();
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 30 * days);
  await expect(run()).resolves.toEqual(['information: tag jobs: forgot old ones | rows=6']);
});

describe('after 30 days', () => {
  const ago = (age: number) => new Date(Date.now() - age * days).toISOString();

  it('a job is not told of any more, whether its rows are there or not', async () => {
    await keepJob('nearly', { createdAt: ago(29.9) });
    await keepJob('over', { createdAt: ago(30.1) });
    await expect(ask(services, 'nearly')).resolves.toMatchObject({ status: 200 });
    for (const method of ['GET', 'DELETE'] as const) {
      await expect(ask(services, 'over', method)).resolves.toMatchObject({
        status: 404,
        body: { type: 'urn:device-twins:problem:unknown-job' },
      });
    }
  });

  it('an idempotency key is as one that was never used', async () => {
    const { tagJobs } = needRecords(services);
    const [old, young] = [30.1, 29.9].map((age): Claim => ({ jobId: 'before', fingerprint: 'f', claimedAt: ago(age) }));
    if (!old || !young) throw new Error('unreachable');
    const own: Claim = { jobId: 'own', fingerprint: 'g', claimedAt: ago(0) };
    await tagJobs.claim('young', young);
    await expect(tagJobs.claim('young', own)).resolves.toEqual(young);
    await tagJobs.claim('old', old);
    const claims = await Promise.all([1, 2, 3].map((n) => tagJobs.claim('old', { ...own, jobId: `own-${n}` })));
    expect(new Set(claims.map(({ jobId }) => jobId)).size).toBe(1);
    await tagJobs.claim('http', { ...old, fingerprint: 'another request' });
    hub.play(json([{ deviceCount: 0 }]));
    const body = { where: { location: 'A' }, tags: { a: 1 }, engine: 'direct' };
    const answer = await post(services, body, { headers: { 'idempotency-key': 'http' } });
    expect(answer).toMatchObject({ status: 200, body: { counts: { total: 0 } } });
  });
});
