import { unwrapContinuation, wrapContinuation } from '../queries/continuation';
import { ChunkOutcomes } from './chunkOutcomes';
import { abandoned, ageOf, giveUpAfterMs } from './limits';
import type { JobDocument, StoredJob, TagJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';
import { giveUpLate } from './workChunk';

/** Which failures to show. */
export interface FailuresPage {
  limit: number;
  /** Of the page before. */
  continuation: string | undefined;
}

/** How much longer than a job may take its last messages may be on their way, in milliseconds. */
const graceMs = 60 * 60 * 1000;

/**
 * A job of this app as it stands: its counts are summed from its chunks until it has ended, and kept with the job then.
 *
 * @throws InvalidInputError for a continuation of another job.
 */
export async function describeJob(stored: StoredJob, store: TagJobStore, page: FailuresPage): Promise<JobDocument> {
  const { job, counts } = await countJob(stored, store);
  return documentOf(job, counts, await failuresOf(job.jobId, store, page));
}

type Counts = JobDocument['counts'];
type Failures = Pick<JobDocument, 'failures' | 'continuation'>;

/** What callers see of a job. */
export function documentOf(job: TagJob, counts: Counts, failures: Failures): JobDocument {
  const { jobId, engine, state, expectedSeconds, createdAt, endedAt, detail } = job;
  const hasBegun = counts.succeeded + counts.failed > 0;
  return {
    jobId,
    engine,
    state: state === 'preparing' ? 'queued' : state === 'queued' && hasBegun ? 'running' : state,
    counts,
    expectedSeconds,
    createdAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(detail === undefined ? {} : { detail }),
    ...failures,
  };
}

/** One page of the devices that were not tagged. */
export async function failuresOf(
  jobId: string,
  store: TagJobStore,
  { limit, continuation }: FailuresPage,
): Promise<Failures> {
  const paged = { query: jobId, pageSize: limit };
  const token = continuation === undefined ? undefined : unwrapContinuation(paged, continuation);
  const page = await store.listFailures(jobId, limit, token);
  return {
    failures: page.failures,
    ...(page.continuation === undefined ? {} : { continuation: wrapContinuation(paged, page.continuation) }),
  };
}

async function countJob(stored: StoredJob, store: TagJobStore): Promise<{ job: TagJob; counts: Counts }> {
  const { job, etag } = stored;
  const { total, succeeded, failed } = job;
  if (succeeded !== undefined && failed !== undefined) {
    return { job, counts: { total, succeeded, failed, pending: total - succeeded - failed } };
  }
  const fate = abandoned(job);
  if (fate) return { job: { ...job, ...fate }, counts: { total, succeeded: 0, failed: 0, pending: total } };
  const isLate = job.state === 'queued' && ageOf(job) > giveUpAfterMs + graceMs;
  if (isLate) await giveUpRest(job, store);
  const sum = await sumChunks(job, store);
  const counts = { total: sum.total, succeeded: sum.succeeded, failed: sum.failed, pending: sum.pending };
  if (job.state !== 'queued' || (sum.endedAt === undefined && !isLate)) return { job, counts };
  if (sum.endedAt === undefined) {
    const detail = 'Given up after 24 hours: the devices could not all be listed.';
    const failed: TagJob = { ...job, state: 'failed', endedAt: new Date().toISOString(), detail };
    await store.write(failed, etag);
    return { job: failed, counts };
  }
  const { endedAt, total: listed } = sum;
  const ended: TagJob = {
    ...job,
    state: 'completed',
    endedAt,
    total: listed,
    succeeded: sum.succeeded,
    failed: sum.failed,
  };
  await store.write(ended, etag);
  return { job: ended, counts };
}

/** Of chunks whose messages are lost: their hosts were killed again and again, or somebody emptied the queue. */
async function giveUpRest(job: TagJob, store: TagJobStore): Promise<void> {
  for await (const rows of store.progressOf(job.jobId)) {
    for (const row of rows.filter(({ progress }) => progress.endedAt === undefined)) {
      const devices = await store.readDevices(job.jobId, row.progress.number);
      const outcomes = new ChunkOutcomes(store, job.jobId, devices, row);
      giveUpLate(job, outcomes, undefined);
      await outcomes.save();
    }
  }
}

async function sumChunks(job: TagJob, store: TagJobStore): Promise<Counts & { endedAt: string | undefined }> {
  let [chunks, ended, devices, succeeded, failed] = [0, 0, 0, 0, 0];
  let isListed = false;
  let endedAt = job.createdAt;
  for await (const rows of store.progressOf(job.jobId)) {
    for (const { progress } of rows) {
      chunks++;
      devices += progress.outcomes.length;
      succeeded += progress.outcomes.split('s').length - 1;
      failed += progress.outcomes.split('f').length - 1;
      isListed ||= progress.isLast === true;
      if (progress.endedAt === undefined) continue;
      ended++;
      if (progress.endedAt > endedAt) endedAt = progress.endedAt;
    }
  }
  // The index counts now, and lists later; both may have been wrong.
  const total = isListed ? devices : Math.max(job.total, devices);
  const isWhole = job.chunks === undefined ? isListed : chunks === job.chunks;
  const pending = total - succeeded - failed;
  return { total, succeeded, failed, pending, endedAt: isWhole && ended === chunks ? endedAt : undefined };
}
