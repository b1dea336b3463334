import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobClient, Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';
import { endedJob, jobClient, jobThat } from './support/jobs';

const all = 'is_defined(deviceId)';
const utc = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let dataDir: string;
let emulator: TestEmulator;
let client: JobClient;
let registry: Registry;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'jobs-'));
  await start();
});
afterAll(async () => {
  await emulator.stop();
  await rm(dataDir, { recursive: true });
});

async function start() {
  emulator = await startEmulator({ dataDir, devices: Array.from({ length: 120 }, (_, at) => `device-${at}`) });
  client = jobClient(emulator);
  registry = emulator.registry();
}

/** All rows of a query, page by page. */
async function rowsOf(sql: string, pageSize?: number): Promise<Record<string, unknown>[]> {
  const query = registry.createQuery(sql, pageSize);
  const rows: Record<string, unknown>[] = [];
  do {
    const { result } = await query.next(query.continuationToken);
    expect(result.length).toBeLessThanOrEqual(pageSize ?? 100);
    rows.push(...result);
  } while (query.hasMoreResults);
  return rows;
}

it('each device of a job is a row of devices.jobs, and stays one after a restart', async () => {
  await client.scheduleTwinUpdate('tagged', all, { etag: '*', tags: { site: 1 } });
  await endedJob(client, 'tagged');
  const sql = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'tagged'";
  const rows = await rowsOf(sql, 50);
  expect(new Set(rows.map(({ deviceId }) => deviceId)).size).toBe(120);
  expect(rows[7]).toEqual({
    deviceId: 'device-7',
    jobId: 'tagged',
    jobType: 'scheduleUpdateTwin',
    status: 'completed',
    startTimeUtc: utc,
    endTimeUtc: utc,
    createdDateTimeUtc: utc,
    lastUpdatedDateTimeUtc: utc,
    outcome: {},
  });
  await emulator.stop();
  await start();
  expect(await rowsOf(sql)).toEqual(rows);
});

it('rows are of the item type DeviceJob, found by status and device', async () => {
  const body = JSON.stringify({ query: "SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'device-3'" });
  const { headers, text } = await emulator.request({ method: 'POST', path: '/devices/query', body });
  expect(headers['x-ms-item-type']).toBe('DeviceJob');
  expect(JSON.parse(text)).toMatchObject([{ deviceId: 'device-3', jobId: 'tagged' }]);
  expect(await rowsOf("SELECT * FROM devices.jobs WHERE devices.jobs.status = 'failed'")).toEqual([]);
});

it('a row of a device where the job failed says why', async () => {
  // Tags have 8 KB at most: the one has them nearly full.
  await registry.updateTwin('device-1', { tags: { one: 'x'.repeat(4000), two: 'x'.repeat(4000) } }, '*');
  const patch = { etag: '*', tags: { three: 'x'.repeat(1000) } };
  await client.scheduleTwinUpdate('too-much', "deviceId IN ['device-1', 'device-2']", patch);
  await endedJob(client, 'too-much');
  const [one, two] = await rowsOf("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'too-much'");
  expect(one).toMatchObject({
    status: 'failed',
    error: { code: 'ArgumentInvalid', description: expect.any(String) },
  });
  expect(two).toMatchObject({ status: 'completed' });
  expect(two).not.toHaveProperty('error');
});

it('a row waits as pending for a device that is offline, and fails in the words of a real hub', async () => {
  const call = { methodName: 'reboot', payload: null, responseTimeoutInSeconds: 5 };
  await client.scheduleDeviceMethod('offline', "deviceId = 'device-9'", call, new Date(), 1);
  const sql = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'offline'";
  await jobThat(client, 'offline', ({ deviceJobStatistics }) => deviceJobStatistics?.deviceCount === 1);
  const [waiting] = await rowsOf(sql);
  expect(waiting).toMatchObject({ jobType: 'scheduleDeviceMethod', status: 'pending' });
  await endedJob(client, 'offline');
  const [row] = await rowsOf(sql);
  expect(row).toMatchObject({ status: 'failed', outcome: {}, error: { code: 'JobRunPreconditionFailed' } });
});
