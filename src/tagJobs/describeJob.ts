import { unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import { ChunkOutcomes, giveUpLate } from './chunkOutcomes';
import { abandoned, ageOf, giveUpAfterMs } from './limits';
import type { JobDocument, JobSummary, StoredJob, TagJob } from './tagJob';
import type { FailurePage, TagJobStore } from './tagJobStore';

/** Which failures to show. */
export interface FailuresPage {
  limit: number;
  /** Of the page before. */
  continuation?: string | undefined;
}

/** How much longer than a job may take its last messages may be on their way, in milliseconds. */
const graceMs = 60 * 60 * 1000;

const notListed = 'Given up after 24 hours: the devices could not all be listed.';

/**
 * A job of this app as it stands: its counts are summed from its chunks until it has ended, and kept with the job then.
 *
 * @throws InvalidInputError for a continuation of another job.
 */
export async function describeJob(stored: StoredJob, store: TagJobStore, page: FailuresPage): Promise<JobDocument> {
  const { job, counts } = await countJob(stored, store);
  const list = (token?: string) => store.listFailures(job.jobId, page.limit, token);
  return documentOf(job, counts, await failuresOf(job.jobId, page, list));
}

type Counts = JobDocument['counts'];
type Failures = Pick<JobDocument, 'failures' | 'continuation'>;

/** A job of this app as it stands, without its failures. */
export async function summarizeJob(stored: StoredJob, store: TagJobStore): Promise<JobSummary> {
  const { job, counts } = await countJob(stored, store);
  return summaryOf(job, counts);
}

/** What callers see of a job. */
export function documentOf(job: TagJob, counts: Counts, failures: Failures): JobDocument {
  return { ...summaryOf(job, counts), ...failures };
}

/** The same without the devices that were not tagged. */
export function summaryOf(job: TagJob, counts: Counts): JobSummary {
  const { jobId, engine, state, expectedSeconds, createdAt, endedAt, by, reason, undoes, detail } = job;
  const hasBegun = counts.succeeded + counts.failed > 0;
  return {
    jobId,
    engine,
    state: state === 'preparing' ? 'queued' : state === 'queued' && hasBegun ? 'running' : state,
    counts,
    expectedSeconds,
    createdAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    undoable: job.isUndoable === true,
    ...(undoes === undefined ? {} : { undoes }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** One page of the devices that were not tagged, by the token of whoever lists them. */
export async function failuresOf(
  jobId: string,
  { limit, continuation }: FailuresPage,
  list: (token: string | undefined) => Promise<FailurePage>,
): Promise<Failures> {
  const paged = { query: jobId, pageSize: limit };
  const page = await list(continuation === undefined ? undefined : unwrapContinuation(paged, continuation));
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
  const { endedAt, ...counts } = await sumChunks(job, store);
  if (job.state !== 'queued' || (endedAt === undefined && !isLate)) return { job, counts };
  const ended: TagJob =
    endedAt === undefined
      ? { ...job, state: 'failed', endedAt: new Date().toISOString(), detail: notListed }
      : {
          ...job,
          state: 'completed',
          endedAt,
          total: counts.total,
          succeeded: counts.succeeded,
          failed: counts.failed,
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
