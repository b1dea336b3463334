import { readFileSync } from 'node:fs';
import type { Services } from '../../src/app/services';
import type { Hub } from '../../src/azure/hub/hub';
import { HubError, type HubErrorCode } from '../../src/azure/hub/hubError';
import { quotasOf } from '../../src/azure/hub/quotas';
import { QueueError } from '../../src/azure/queue/queue';
import { workTagJobs } from '../../src/functions/workTagJobs';
import type { TagMessage } from '../../src/tagJobs/messages';
import { batchSize, windowOf } from '../../src/tagJobs/window';
import type { ReceivedMessage } from '../support/memoryQueue';
import { recordingContext } from './functionCalls';
import { ask, jobOf, post, startTagJobs, type TagJobsSetup, workAll, workOne } from './tagJobsSetup';

jest.setTimeout(180_000);

/** Chunks of a job at an S1 hub that are in the queue at a time. */
const window = 16;
/** Devices whose tags are so long that few go into a chunk. */
const perChunk = 6;
const chunks = 40;
const fleet = 1800;

let setup: TagJobsSetup;
let ids: string[];
let jobs = 0;

beforeAll(async () => {
  setup = await startTagJobs(fleet);
  const { result } = await setup.emulator.registry().createQuery('SELECT * FROM devices', 100).next();
  const listed = result.map(({ deviceId }: { deviceId: string }) => deviceId);
  const created = perChunk * chunks - listed.length;
  const more = Array.from({ length: created }, (_, n) => `more-${n}`);
  for (let start = 0; start < created; start += 100) {
    await setup.emulator.registry().addDevices(more.slice(start, start + 100).map((deviceId) => ({ deviceId })));
  }
  ids = [...listed, ...more];
}, 120_000);
afterAll(() => setup.stop());
afterEach(() => setup.queue.clear());

/** Starts a job of so many chunks; its id. */
async function start(count = chunks): Promise<string> {
  // Others each time: a device that has its tags already is not written.
  const letter = String.fromCharCode('a'.charCodeAt(0) + jobs++);
  const tags = { long: letter.repeat(4000), longer: letter.repeat(3900) };
  const lines = ids.slice(0, count * perChunk).map((deviceId) => JSON.stringify({ deviceId, tags }));
  const options = { type: 'application/x-ndjson', query: { engine: 'queue' } };
  const answer = await post(setup.services, lines.join('\n'), options);
  expect(answer.status).toBe(202);
  return jobOf(answer).jobId;
}

const queued = () => setup.queue.count;

function take(): ReceivedMessage & { message: TagMessage } {
  const received = setup.queue.receive();
  if (!received) throw new Error('The queue is empty.');
  return received as ReceivedMessage & { message: TagMessage };
}

const done = (received: ReceivedMessage) => setup.queue.delete(received);

/** Works a message for the n-th time, without telling the queue of it; what was logged. */
async function work(message: TagMessage, services: Services = setup.services, dequeueCount = 1): Promise<string[]> {
  const { context, logged } = recordingContext({ dequeueCount });
  await workTagJobs(message, context, services);
  return logged;
}

/** Works all that nobody has to wait for, as one that is put back with a delay does; what was logged. */
async function workVisible(): Promise<string[]> {
  const logged: string[] = [];
  for (let lines = await workOne(setup.queue, setup.services); lines; ) {
    logged.push(...lines);
    lines = await workOne(setup.queue, setup.services);
  }
  return logged;
}

/** Services whose hub fails at these devices so. */
function failingAt(fails: (deviceId: string) => boolean, error: Error): Services {
  const hub: Services['hub'] = (...args) => {
    const real = setup.services.hub(...args);
    const updateTags: Hub['updateTags'] = (deviceId, ...more) =>
      fails(deviceId) ? Promise.reject(error) : real.updateTags(deviceId, ...more);
    return Object.assign(Object.create(real), { updateTags });
  };
  return { ...setup.services, hub };
}

const completed = (count = chunks) => ({
  body: {
    state: 'completed',
    counts: { total: count * perChunk, succeeded: count * perChunk, failed: 0, pending: 0 },
  },
});

describe('the window', () => {
  it('is what one instance takes from the queue, for as many instances as the quota of the hub wants', () => {
    const { extensions } = JSON.parse(readFileSync('host.json', 'utf8'));
    expect(batchSize).toBe(extensions.queues.batchSize);
    expect(windowOf(quotasOf('S1', 1))).toBe(batchSize);
    expect(windowOf(quotasOf('S2', 200))).toBe(2 * batchSize);
    expect(windowOf(quotasOf('S3', 10))).toBe(5 * batchSize);
  });

  it('holds no more of a job at a time, and passes all of it through', async () => {
    const jobId = await start();
    expect(queued()).toBe(window);
    const numbers: string[] = [];
    for (let lines = await workOne(setup.queue, setup.services); lines; ) {
      numbers.push(...lines.flatMap((line) => /chunk (\d+): done/.exec(line)?.[1] ?? []));
      expect(queued()).toBeLessThanOrEqual(window);
      lines = await workOne(setup.queue, setup.services);
    }
    expect(numbers.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: chunks }, (_, n) => n));
    await expect(ask(setup.services, jobId)).resolves.toMatchObject(completed());
  });

  it('is not doubled for long by messages that come twice', async () => {
    const jobId = await start();
    for (let number = 0; number < window; number++) {
      await setup.services.queue()?.send({ kind: 'chunk', jobId, number, attempt: 0 });
    }
    expect(await workAll(setup.queue, setup.services)).toHaveLength(chunks + window);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject(completed());
  });

  it('is left empty once the job is cancelled', async () => {
    const jobId = await start();
    await workOne(setup.queue, setup.services);
    await ask(setup.services, jobId, 'DELETE');
    expect(await workAll(setup.queue, setup.services)).toHaveLength(window);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'cancelled', counts: { succeeded: perChunk, pending: (chunks - 1) * perChunk } },
    });
  });
});

describe('a chunk is followed by its successor', () => {
  it('where its message kills whoever works it, until it is put aside', async () => {
    const jobId = await start();
    const killer = take();
    const dying = failingAt(() => true, new Error('Killed.'));
    for (const time of [1, 2, 3, 4, 5]) await expect(work(killer.message, dying, time)).rejects.toThrow('Killed.');
    done(killer);
    expect(queued()).toBe(window);
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'running', counts: { succeeded: (chunks - 1) * perChunk, failed: 0, pending: perChunk } },
    });
  });

  it('where its worker dies before it is sent', async () => {
    const jobId = await start();
    const first = take();
    const send = () => Promise.reject(new QueueError('Cut off.'));
    await expect(work(first.message, { ...setup.services, queue: () => ({ send }) })).rejects.toThrow('Cut off.');
    await work(first.message, setup.services, 2);
    done(first);
    expect(await workAll(setup.queue, setup.services)).toHaveLength(chunks - 1);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject(completed());
  });

  it('where its worker dies after it was sent, and then for a while by two', async () => {
    const jobId = await start();
    const first = take();
    const records = setup.services.records();
    if (!records) throw new Error('There are no tables.');
    const write = records.tagJobs.writeProgress.bind(records.tagJobs);
    const dying = jest
      .spyOn(records.tagJobs, 'writeProgress')
      .mockImplementation((id, progress, etag) =>
        progress.isPassedOn ? Promise.reject(new Error('Killed.')) : write(id, progress, etag),
      );
    await expect(work(first.message)).rejects.toThrow('Killed.');
    dying.mockRestore();
    await work(first.message, setup.services, 2);
    done(first);
    expect(queued()).toBe(window + 1);
    expect(await workAll(setup.queue, setup.services)).toHaveLength(chunks);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject(completed());
  });

  it('where one of its devices fails again and again', async () => {
    const jobId = await start();
    const bad = take();
    const sick = failingAt((deviceId) => deviceId === ids[0], new HubError('unavailable', 'Not itself.'));
    expect(await work(bad.message, sick)).toEqual([expect.stringContaining('put back: Not itself.')]);
    // What was put back is a message of its own.
    expect(queued()).toBe(window + 1);
    for (const attempt of [7, 8]) await work({ ...bad.message, attempt }, sick);
    done(bad);
    await workVisible();
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'running', counts: { succeeded: chunks * perChunk - 1, pending: 1 } },
    });
  });

  it.each<HubErrorCode>(['throttled', 'quotaExceeded'])('not where the hub takes nothing (%s)', async (code) => {
    await start(window + 1);
    const { message } = take();
    await work(
      { ...message, attempt: 20 },
      failingAt(() => true, new HubError(code, 'Not now.')),
    );
    // The one that is held here, and what was put back.
    expect(queued()).toBe(window + 1);
  });

  it('not in a job of before, all of whose messages were sent', async () => {
    const jobId = await start(window + 1);
    const records = setup.services.records();
    const { window: _, ...job } = (await records?.tagJobs.read(jobId))?.job ?? {};
    await records?.tagJobs.write(job as Parameters<typeof records.tagJobs.write>[0]);
    expect(await workAll(setup.queue, setup.services)).toHaveLength(window);
  });
});

describe('a condition', () => {
  const where = { not: { path: 'tags.nothing', op: 'is_defined' } };
  const most = fleet / 100;

  /** Works the messages of pages, and not those of chunks, until a page waits; then the queue is empty. What was logged. */
  async function listOn(): Promise<string[]> {
    const logged: string[] = [];
    while (logged.length < most && !logged.at(-1)?.includes('waits')) {
      const next = take();
      if (next.message.kind === 'list') logged.push(...(await work(next.message)));
      done(next);
    }
    expect(queued()).toBe(1);
    await setup.queue.clear();
    return logged;
  }

  it('is listed no further ahead of its chunks', async () => {
    const answer = await post(setup.services, { where, tags: { seen: 1 }, engine: 'queue' });
    const { jobId, counts } = jobOf(answer);
    expect(await listOn()).toHaveLength(window);
    for (let number = 0; number < window - 1; number++) {
      await setup.services.queue()?.send({ kind: 'chunk', jobId, number, attempt: 0 });
    }
    await setup.services.queue()?.send({ kind: 'list', jobId, number: window - 1, attempt: 3 });
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { ...counts, succeeded: counts.total, pending: 0 } },
    });
  });

  it('is listed on where a chunk fails again and again', async () => {
    const { jobId } = jobOf(await post(setup.services, { where, tags: { seen: 2 }, engine: 'queue' }));
    await listOn();
    // What waits is not stuck: the alert on parts of a job that are looks for attempts from 8 on.
    const send = jest.fn().mockResolvedValue(undefined);
    await work(
      { kind: 'list', jobId, number: window - 1, attempt: 30 },
      { ...setup.services, queue: () => ({ send }) },
    );
    expect(send.mock.calls).toEqual([[expect.objectContaining({ kind: 'list', attempt: 6 }), 32]]);
    const sick = failingAt(() => true, new HubError('unavailable', 'Not itself.'));
    for (const attempt of [0, 8]) await work({ kind: 'chunk', jobId, number: 0, attempt }, sick);
    expect(await work({ kind: 'list', jobId, number: window - 1, attempt: 0 })).toEqual([
      expect.stringContaining('listed a page'),
    ]);
  });

  it('is passed through the window where all of it is listed first', async () => {
    const tags = { nothing: 2 };
    const { jobId, counts } = jobOf(await post(setup.services, { where, tags, engine: 'queue' }));
    for (let page = 0; page < Math.ceil(counts.total / 100); page++) await workOne(setup.queue, setup.services);
    expect(counts.total).toBeGreaterThanOrEqual(fleet);
    expect(queued()).toBe(window);
    await workAll(setup.queue, setup.services);
    await expect(ask(setup.services, jobId)).resolves.toMatchObject({
      body: { state: 'completed', counts: { ...counts, succeeded: counts.total, pending: 0 } },
    });
  });
});
