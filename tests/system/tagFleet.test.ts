import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { readSystemOptions } from '../../scripts/systemOptions';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import { startQueues, startTables, type TestStorage } from '../support/azurite';
import { isLong } from '../support/isLong';
import { startTroubledHub, type Trouble, type TroubledHub } from '../support/troubledHub';
import { Lines } from './system';

const fleet = isLong ? 10_000 : 1000;
const unknown = 25;

/** How likely an update of a twin meets each trouble. */
const troubles: [chance: number, trouble: Trouble][] = [
  [0.01, { kind: 'status', status: 429, code: 'ThrottlingException' }],
  [0.03, { kind: 'status', status: 500, code: 'ServerError' }],
  [0.02, { kind: 'cut', when: 'before' }],
  [0.02, { kind: 'cut', when: 'after' }],
  [0.02, { kind: 'slow', ms: 1500 }],
];

let emulator: TestEmulator;
let troubled: TroubledHub;
let storage: TestStorage[];
let host: ChildProcess;
let lines: Lines;
let stateDir: string;
let url: string;

/** After a fifth of the devices the hub is not itself at all for a while, in milliseconds. */
const downMs = isLong ? 5000 : 1000;
let updates = 0;
let downUntil: number | undefined;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'tag-fleet-'));
  const [tables, queues] = await Promise.all([startTables(), startQueues()]);
  storage = [tables, queues];
  emulator = await startEmulator({ simulated: fleet });
  const behind = { port: emulator.hub.ports.https, ca: emulator.hub.caCertificate };
  troubled = await startTroubledHub(behind, ({ method }) => {
    if (method === 'PATCH' && ++updates > fleet / 5) downUntil ??= Date.now() + downMs;
    if (Date.now() < (downUntil ?? 0)) return { kind: 'status', status: 503, code: 'ServiceUnavailable' };
    return method === 'PATCH' ? roll() : undefined;
  });
  const { port } = await readSystemOptions(['--port', '0']);
  url = `http://localhost:${port}`;
  const trusted = join(stateDir, 'trusted.pem');
  await writeFile(trusted, `${troubled.ca}\n${readFileSync(emulator.hub.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8')}`);
  const { IOTHUB_CONNECTION_STRING = '' } = emulator.hub.env;
  host = spawn(process.execPath, ['local-host/dist/cli.js', '--port', `${port}`, '--state-dir', stateDir], {
    env: {
      ...process.env,
      ...emulator.hub.env,
      NODE_EXTRA_CA_CERTS: trusted,
      IOTHUB_CONNECTION_STRING: IOTHUB_CONNECTION_STRING.replace(/:\d+/, `:${troubled.port}`),
      // What the hub here allows: the pace starts there.
      IOTHUB_SKU: 'S3',
      IOTHUB_UNITS: '10',
      TWIN_TABLES_CONNECTION_STRING: tables.connectionString,
      TagJobs: queues.connectionString,
    },
  });
  lines = new Lines(host);
  await lines.match(/^Host started/);
}, 120_000);
afterAll(async () => {
  const gone = once(host, 'exit');
  host.kill('SIGINT');
  await gone;
  await Promise.all([troubled.stop(), emulator.stop(), ...storage.map((each) => each.stop())]);
  await rm(stateDir, { recursive: true });
});

function roll(): Trouble | undefined {
  let chance = Math.random();
  for (const [likely, trouble] of troubles) {
    chance -= likely;
    if (chance < 0) return trouble;
  }
  return undefined;
}

async function answerOf(path: string, init: RequestInit = {}): Promise<JobDocument> {
  return (await (await fetch(`${url}/api/tagJobs${path}`, init)).json()) as JobDocument;
}

/** Waits until a job has ended, or until so many of its devices are done. */
async function until(jobId: string, isEnough: (job: JobDocument) => boolean): Promise<JobDocument> {
  for (;;) {
    const job = await answerOf(`/${jobId}`);
    if (isEnough(job)) return job;
    await sleep(100);
  }
}

async function twins(): Promise<Map<string, object | undefined>> {
  const found = new Map<string, object | undefined>();
  const query = emulator.registry().createQuery('SELECT * FROM devices', 100);
  let token: string | undefined;
  do {
    const { result } = await query.next(token as string);
    for (const { deviceId, tags } of result) found.set(deviceId, tags);
    token = query.continuationToken;
  } while (token);
  return found;
}

test(`tags ${fleet} devices while the hub throttles, fails, cuts and lags: each as told, none missed`, async () => {
  const before = await twins();
  const ids = [...before.keys()];
  const missing = Array.from({ length: unknown }, (_, n) => `unknown-${n}`);
  const all = ids.flatMap((id, n) => (n % (fleet / unknown) ? [id] : [id, missing[n / (fleet / unknown)] ?? '']));
  const body = ['deviceId,rack,tags.slot', ...all.map((id, n) => `${id},"rack ${n % 7}",${n}`)].join('\r\n');
  const job = await answerOf('?engine=queue', { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
  expect(job).toMatchObject({ engine: 'queue', state: 'queued', counts: { total: fleet + unknown } });

  const ended = await until(job.jobId, ({ state }) => state !== 'running' && state !== 'queued');

  expect(ended).toMatchObject({
    state: 'completed',
    counts: { total: fleet + unknown, succeeded: fleet, failed: unknown, pending: 0 },
  });
  expect(ended.failures.map(({ deviceId, status }) => `${deviceId} ${status}`).sort()).toEqual(
    missing.map((id) => `${id} 404`).sort(),
  );
  const after = await twins();
  const wanted = new Map(before);
  for (const [n, id] of all.entries()) {
    const tags = before.get(id) as { location: object } | undefined;
    if (tags) wanted.set(id, { ...tags, location: { ...tags.location, rack: `rack ${n % 7}` }, slot: n });
  }
  expect(
    [...after].filter(([id, tags]) => JSON.stringify(sorted(tags)) !== JSON.stringify(sorted(wanted.get(id)))),
  ).toEqual([]);
  for (const kind of ['429', '500', '503', 'cut before', 'cut after', 'slow']) {
    expect(troubled.struck.has(kind) || kind).toBe(true);
  }
  expect(lines.all.filter((line) => /Failed, Id=/.test(line))).toEqual([]);
}, 400_000);

/** The members of an object in the order of their names. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}
