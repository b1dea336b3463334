import { randomUUID } from 'node:crypto';
import { deadlines } from '../azure/hub/deadlines';
import { TablesError } from '../azure/tables/tables';
import { documentOf } from './describeJob';
import { type Result, tagDirectly } from './directJob';
import { startHubJob } from './hubJob';
import type { JobMeans } from './jobMeans';
import { tellOf } from './keptJob';
import { listDeviceIds } from './listDeviceIds';
import { type Plan, planJob } from './planJob';
import { enqueue } from './queueJob';
import type { Failure, JobDocument, TagJob } from './tagJob';
import { TagJobError } from './tagJobError';
import type { TagRow } from './tagRow';
import type { TagRequest, Targets } from './targets';
import { allRowsToUndo, ofHubJob } from './undoSource';

/** Failures in the answer to a request; more are asked for. */
const shownFailures = 100;

/** After this, whoever held an idempotency key without starting its job is gone, in milliseconds. */
const claimLastsMs = 60_000;

/** Time that a request keeps for what follows the last device, in milliseconds. */
const closingMs = 1000;

/** When a request must have tagged its devices, by `performance.now()`. */
export function endOfRequest(): number {
  return performance.now() + deadlines.request - closingMs;
}

/**
 * Carries out a request, once for its idempotency key: a repetition is told what became of the first.
 *
 * @param end of {@link endOfRequest}.
 * @throws TagJobError `idempotency-conflict` for a key of another request, `job-state` while the first is on its way.
 */
export async function startJob(request: TagRequest, means: JobMeans, end: number): Promise<JobDocument> {
  const { idempotencyKey: key, fingerprint } = request;
  const own = randomUUID();
  if (key === undefined) return start(own, request, means, end);
  const tagJobs = means.needStore();
  const claim = await tagJobs.claim(key, { jobId: own, fingerprint, claimedAt: new Date().toISOString() });
  if (claim.fingerprint !== fingerprint) {
    const detail = 'This Idempotency-Key came with another request before; take a new one.';
    throw new TagJobError('idempotency-conflict', detail);
  }
  if (claim.jobId !== own) {
    const before = await resume(claim.jobId, means);
    if (before) return before;
    if (!claim.isReleased && Date.now() - Date.parse(claim.claimedAt) < claimLastsMs) {
      const detail = 'The first request with this Idempotency-Key is still on its way; ask again in a few seconds.';
      throw new TagJobError('job-state', detail, 5);
    }
  }
  try {
    // Where the first request failed or was cut off, this one goes on under its id: to tag again does no harm.
    return await start(claim.jobId, request, means, end);
  } catch (error) {
    await tagJobs.release(key, claim);
    throw error;
  }
}

/** The job as it stands; undefined where its request has not come to an end. */
async function resume(jobId: string, means: JobMeans): Promise<JobDocument | undefined> {
  const stored = await means.needStore().read(jobId);
  if (!stored || stored.job.state === 'preparing' || stored.job.state === 'running') return undefined;
  return tellOf(stored, means, { limit: shownFailures, continuation: undefined });
}

async function start(jobId: string, request: TagRequest, means: JobMeans, end: number): Promise<JobDocument> {
  const plan = await planJob(request, means);
  const { engine, devices: total, expectedSeconds } = plan;
  const job: TagJob = {
    jobId,
    engine,
    state: 'queued',
    createdAt: new Date().toISOString(),
    expectedSeconds,
    total,
    isUndoable: request.undoable && means.store() !== undefined,
    ...request.author,
    ...toUndo(request),
  };
  await means.store()?.enter(job);
  const document = await carryOut(job, plan, request.targets, means, end);
  const { ignoredColumns } = request;
  return ignoredColumns.length > 0 ? { ...document, ignoredColumns } : document;
}

function toUndo({ undoes, targets }: TagRequest): Partial<TagJob> {
  if (undoes === undefined) return {};
  if (targets.kind !== 'undo') return { undoes };
  const { force, job } = targets;
  return { undoes, original: { ...job, force }, ...(job.engine === 'hubJob' ? { detail: ofHubJob } : {}) };
}

async function carryOut(
  job: TagJob,
  { engine, devices }: Plan,
  targets: Targets,
  means: JobMeans,
  end: number,
): Promise<JobDocument> {
  if (engine === 'direct') return tagNow(job, await rowsOf(targets, devices, means), means, end);
  if (engine === 'queue') return waiting(await enqueue(job, targets, means));
  return waiting(await startHubJob(job, targets, means));
}

function waiting(job: TagJob): JobDocument {
  return documentOf(job, { total: job.total, succeeded: 0, failed: 0, pending: job.total }, { failures: [] });
}

async function rowsOf(targets: Targets, devices: number, means: JobMeans): Promise<TagRow[]> {
  if (targets.kind === 'list') return targets.rows;
  if (targets.kind === 'undo') return allRowsToUndo(targets, means);
  const { hub } = means;
  const { condition, tags } = targets;
  if (devices === 0) return [];
  // A few more than were counted a moment ago may have come.
  const ids = await listDeviceIds(hub(deadlines.request), condition, devices + 100);
  return ids.map((deviceId) => ({ deviceId, tags }));
}

async function tagNow(job: TagJob, rows: readonly TagRow[], means: JobMeans, end: number): Promise<JobDocument> {
  const store = means.store();
  const running: TagJob = { ...job, state: 'running', total: rows.length };
  await store?.write(running);
  const results = await tagDirectly(running, rows, means, end);
  const failures = results.flatMap(toFailure);
  const ended = { succeeded: results.length - failures.length, failed: failures.length };
  const done: TagJob = { ...running, state: 'completed', endedAt: new Date().toISOString(), ...ended };
  const isKept = await keep();
  const counts = { total: rows.length, ...ended, pending: 0 };
  const document = documentOf(done, counts, { failures: failures.slice(0, shownFailures) });
  return { ...document, results, ...(isKept ? {} : { detail: 'The tables do not answer: this job is kept nowhere.' }) };

  /** The devices are tagged: that the tables fail now is no reason not to say so. */
  async function keep(): Promise<boolean> {
    try {
      await store?.keepFailures(
        job.jobId,
        results.flatMap((result, index) => toFailure(result).map((failure) => ({ ...failure, chunk: 0, index }))),
      );
      await store?.write(done);
      return true;
    } catch (error) {
      if (error instanceof TablesError) return false;
      throw error;
    }
  }
}

function toFailure({ deviceId, status, detail = '' }: Result): Failure[] {
  return status === 200 ? [] : [{ deviceId, status, detail }];
}
