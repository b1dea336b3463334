import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet, fleet } from './fleetProcess';
import { type Received, type Reply, startScriptedApp } from './scriptedApp';

let folder: string;
let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: (request: Received) => Reply;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undo-'));
  await bundleFleet(folder);
  app = await startScriptedApp((request) => answer(request));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  app.received.length = 0;
});

const posted = () =>
  app.received.filter(({ method }) => method === 'POST').map(({ url }) => `${url.pathname}${url.search}`);

const done = (failed: number) => ({
  jobId: 'undone',
  engine: 'direct',
  state: 'completed',
  counts: { total: 2, succeeded: 2 - failed, failed, pending: 0 },
  expectedSeconds: 1,
  failures: [],
  results: failed ? [{ deviceId: 'd', status: 409, detail: 'Changed since.' }] : [],
});

test('undo takes back a job or a change, and tells what was left', async () => {
  answer = ({ method }) => (method === 'POST' ? { json: done(0) } : { status: 404, json: {} });
  await expect(fleet(app.url, 'undo', 'j/1', '--reason', 'a slip')).resolves.toMatchObject({ code: 0 });
  await expect(fleet(app.url, 'undo', 'd#1', 'c1', '--force')).resolves.toMatchObject({ code: 0 });
  expect(posted()).toEqual(['/api/tagJobs/j%2F1/undo?reason=a+slip', '/api/devices/d%231/changes/c1/undo?force=true']);
  for (const { headers } of app.received.filter(({ method }) => method === 'POST')) {
    expect(headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  }
  answer = ({ method }) => (method === 'POST' ? { json: done(1) } : { status: 404, json: {} });
  const { code, stdout, stderr } = await fleet(app.url, 'undo', 'j1');
  expect(code).toBe(1);
  expect(stdout).toContain('Changed since.');
  expect(stderr).toBe('Not all of it was taken back.\n');
});

test('a dry run says what would be done, and what to know of it', async () => {
  const plan = {
    dryRun: true,
    engine: 'queue',
    devices: 600,
    sample: ['d1'],
    expectedSeconds: 12,
    detail: 'By history.',
  };
  answer = () => ({ json: plan });
  const { stdout } = await fleet(app.url, 'undo', 'j1', '--dry-run');
  expect(stdout).toBe("Nothing was done. 600 devices by queue, 12 s at the hub's quota: d1, …\nBy history.\n");
  expect(posted()).toEqual(['/api/tagJobs/j1/undo?dryRun=true']);
});

test.each([[[]], [['a', 'b', 'c']], [['d', '']]])('undo %j is no job and no change', async (args) => {
  const { code, stderr } = await fleet(app.url, 'undo', ...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Give a job id') });
});
