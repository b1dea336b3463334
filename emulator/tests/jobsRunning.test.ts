import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IotHubOptions } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { endedJob, jobClient, jobThat, listJobs } from './support/jobs';

const all = 'is_defined(deviceId)';
const patch = { etag: '*', tags: { done: true } };
const names = (count: number) => Array.from({ length: count }, (_, at) => `device-${at}`);

const started: TestEmulator[] = [];
async function start(options: IotHubOptions) {
  const emulator = await startEmulator(options);
  started.push(emulator);
  return { emulator, client: jobClient(emulator), registry: emulator.registry() };
}
afterEach(async () => {
  for (const emulator of started.splice(0)) await emulator.stop();
});

describe('a job that takes its time', () => {
  it('goes at the rate of the tier, counts as it goes, and cannot be cancelled', async () => {
    const { emulator, client } = await start({ devices: names(20), jobRate: { perSecond: 50 } });
    const before = Date.now();
    await client.scheduleTwinUpdate('slow', all, patch);
    const { deviceJobStatistics: counts } = await jobThat(client, 'slow', ({ deviceJobStatistics }) =>
      Boolean(deviceJobStatistics?.succeededCount && deviceJobStatistics.pendingCount),
    );
    expect(counts).toMatchObject({ deviceCount: 20, failedCount: 0 });
    const cancelled = await emulator.request({ method: 'POST', path: '/jobs/v2/slow/cancel' });
    expect(cancelled.status).toBe(405);
    expect(cancelled.headers['iothub-errorcode']).toBe('OperationNotAllowedInCurrentState');
    expect(await endedJob(client, 'slow')).toMatchObject({ deviceJobStatistics: { succeededCount: 20 } });
    // 20 devices at 50 a second, the first at once.
    expect(Date.now() - before).toBeGreaterThanOrEqual(340);
  });

  it('works on the devices that there were when it began; one that is gone has failed', async () => {
    const { client, registry } = await start({ devices: names(4), jobRate: { perSecond: 5 } });
    await client.scheduleTwinUpdate('snapshot', all, patch);
    await jobThat(client, 'snapshot', (job) => job.deviceJobStatistics?.deviceCount === 4);
    await registry.delete('device-3');
    await registry.create({ deviceId: 'too-late' });
    expect(await endedJob(client, 'snapshot')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 4, succeededCount: 3, failedCount: 1 },
    });
    expect((await registry.getTwin('too-late')).responseBody.tags).not.toMatchObject({ done: true });
  });

  it('ends when its time is up: what could not begin has failed', async () => {
    const { client } = await start({ devices: names(10), jobRate: { perSecond: 4 } });
    await client.scheduleTwinUpdate('short', all, patch, new Date(), 1);
    const { status, deviceJobStatistics: counts } = await endedJob(client, 'short');
    expect([status, counts?.deviceCount]).toEqual(['completed', 10]);
    expect(counts?.succeededCount).toBeGreaterThanOrEqual(3);
    expect(counts?.failedCount).toBeGreaterThanOrEqual(4);
  });

  it('leaves the hub free for others', async () => {
    const { client } = await start({ simulated: 6000 });
    await client.scheduleTwinUpdate('many', all, patch);
    // An answer in between is a request that was served while the job ran; without one it would be nothing, or all.
    const seen = new Set<number>();
    const { deviceJobStatistics } = await jobThat(client, 'many', (job) => {
      if (job.status === 'running') seen.add(job.deviceJobStatistics?.succeededCount ?? 0);
      return job.status === 'completed';
    });
    expect(deviceJobStatistics).toMatchObject({ deviceCount: 6000, succeededCount: 6000 });
    expect([...seen].filter((count) => count > 0 && count < 6000)).not.toEqual([]);
  });
});

describe('jobs at a time', () => {
  const tomorrow = () => new Date(Date.now() + 86_400_000);

  it('are as many as the tier has: one that is scheduled counts, one that is cancelled does not', async () => {
    const { client } = await start({ jobConcurrency: 1 });
    await client.scheduleTwinUpdate('first', all, patch, tomorrow());
    const refused = client.scheduleTwinUpdate('second', all, patch);
    await expect(refused).rejects.toMatchObject({ name: 'ThrottlingError' });
    await expect(refused).rejects.toMatchObject({
      responseBody: expect.stringContaining('ErrorCode:ThrottlingMaxActiveJobCountExceeded;'),
    });
    await client.cancelJob('first');
    await client.scheduleTwinUpdate('second', all, patch);
    expect(await endedJob(client, 'second')).toMatchObject({ status: 'completed' });
    await client.scheduleTwinUpdate('third', all, patch);
  });

  it('and their rate are those of the SKU, and what they write costs messages', async () => {
    const { emulator, client } = await start({ devices: names(4), sku: 'S1' });
    const used = async (): Promise<number> => JSON.parse((await emulator.request({ path: '/admin/quota' })).text).used;
    const before = Date.now();
    await client.scheduleTwinUpdate('s1', all, { etag: '*', tags: { text: 'x'.repeat(4090) } });
    await expect(client.scheduleTwinUpdate('s1-too', all, patch)).rejects.toMatchObject({ name: 'ThrottlingError' });
    expect(await endedJob(client, 's1')).toMatchObject({ deviceJobStatistics: { succeededCount: 4 } });
    // Ten a second, the first at once.
    expect(Date.now() - before).toBeGreaterThanOrEqual(200);
    // Two blocks of 4 KB for each device.
    expect(await used()).toBe(8);
  });

  it('fail where the day has no messages left', async () => {
    const { emulator, client } = await start({ devices: names(2), sku: 'S1' });
    const headers = { 'content-type': 'application/json' };
    await emulator.request({ method: 'PUT', path: '/admin/quota', headers, body: '{ "used": 400000 }' });
    await client.scheduleTwinUpdate('broke', all, patch);
    expect(await endedJob(client, 'broke')).toMatchObject({ deviceJobStatistics: { failedCount: 2 } });
  });

  it('are ten where no tier is named', async () => {
    const { client } = await start({});
    const jobIds = Array.from({ length: 11 }, (_, at) => `job-${at}`);
    const answers = await Promise.allSettled(jobIds.map((id) => client.scheduleTwinUpdate(id, all, patch, tomorrow())));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });
});

describe('with a data folder', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'jobs-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  async function restarted({ emulator }: { emulator: TestEmulator }, options: IotHubOptions = {}) {
    await emulator.stop();
    started.splice(started.indexOf(emulator), 1);
    return start({ dataDir, ...options });
  }

  it('a job that is done stays readable', async () => {
    const first = await start({ dataDir, devices: names(3) });
    await first.client.scheduleTwinUpdate('done', all, patch);
    await first.client.scheduleTwinUpdate('bad', 'junk junk', patch);
    const done = await endedJob(first.client, 'done');
    const bad = await endedJob(first.client, 'bad');
    const { client } = await restarted(first);
    expect((await client.getJob('done')).jobStatus).toEqual(done);
    expect((await client.getJob('bad')).jobStatus).toEqual(bad);
    expect((await listJobs(client).next()).result).toHaveLength(2);
    await expect(client.scheduleTwinUpdate('done', all, patch)).rejects.toMatchObject({
      name: 'DeviceAlreadyExistsError',
    });
  });

  it('a job that was to start later starts, also where its time has come meanwhile', async () => {
    const first = await start({ dataDir, devices: names(3) });
    await first.client.scheduleTwinUpdate('soon', all, patch, new Date(Date.now() + 300));
    await first.client.scheduleTwinUpdate('tomorrow', all, patch, new Date(Date.now() + 86_400_000));
    const { client } = await restarted(first);
    expect(await endedJob(client, 'soon')).toMatchObject({ status: 'completed' });
    expect((await client.getJob('tomorrow')).jobStatus).toMatchObject({ status: 'scheduled' });
  });

  it('a job that was running goes on with the devices that are left', async () => {
    const first = await start({ dataDir, devices: names(150), jobRate: { perSecond: 200 } });
    await first.client.scheduleTwinUpdate('going', all, patch);
    await jobThat(first.client, 'going', (job) => (job.deviceJobStatistics?.succeededCount ?? 0) > 10);
    const second = await restarted(first, { jobRate: { perSecond: 20_000 } });
    expect(await endedJob(second.client, 'going')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 150, succeededCount: 150, failedCount: 0, pendingCount: 0 },
    });
    const { result } = await second.registry
      .createQuery('SELECT COUNT() AS count FROM devices WHERE tags.done = true')
      .next();
    expect(result).toEqual([{ count: 150 }]);
  });
});
