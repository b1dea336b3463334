import { describeJob, type FailuresPage } from './describeJob';
import { cancelHubJob, readHubJob } from './hubJob';
import type { JobMeans } from './jobMeans';
import type { JobDocument, StoredJob } from './tagJob';
import { TagJobError } from './tagJobError';
import type { TagJobStore } from './tagJobStore';

/**
 * A job as it stands.
 *
 * @throws TagJobError `unknown-job`
 */
export async function readJob(jobId: string, means: JobMeans, page: FailuresPage): Promise<JobDocument> {
  return tellOf(await knownJob(jobId, means.needStore()), means, page);
}

/** A job that was read, as whoever works it has it. */
export function tellOf(stored: StoredJob, means: JobMeans, page: FailuresPage): Promise<JobDocument> {
  if (stored.job.engine === 'hubJob') return readHubJob(stored.job, means, page);
  return describeJob(stored, means.needStore(), page);
}

/**
 * Cancels a job: devices that were tagged stay so, the others are left alone from now on, but for those whose turn it is.
 *
 * @throws TagJobError `unknown-job`; `job-state` where the job or its engine forbids it.
 */
export async function cancelJob(jobId: string, means: JobMeans, page: FailuresPage): Promise<JobDocument> {
  const tagJobs = means.needStore();
  const stored = await knownJob(jobId, tagJobs);
  if (stored.job.engine === 'direct') {
    throw forbidden('A job of engine direct ends with the answer to its request; there is nothing to cancel.');
  }
  if (stored.job.engine === 'hubJob') return cancelHubJob(stored.job, means, page);
  const document = await describeJob(stored, tagJobs, page);
  if (document.state === 'cancelled') return document;
  if (document.state === 'completed' || document.state === 'failed') {
    throw forbidden(`The job has ${document.state}; only one that is queued or running can be cancelled.`);
  }
  const endedAt = new Date().toISOString();
  const isWritten = await tagJobs.write({ ...stored.job, state: 'cancelled', endedAt }, stored.etag);
  // Where it has ended meanwhile, the next look tells.
  return isWritten ? readJob(jobId, means, page) : cancelJob(jobId, means, page);
}

function forbidden(detail: string): TagJobError {
  return new TagJobError('job-state', detail);
}

/** @throws TagJobError `unknown-job` */
export async function knownJob(jobId: string, tagJobs: TagJobStore): Promise<StoredJob> {
  const stored = /^[a-z0-9-]{1,64}$/.test(jobId) ? await tagJobs.read(jobId) : undefined;
  if (stored) return stored;
  throw new TagJobError('unknown-job', `There is no job ${jobId}; take its id from the answer that started it.`);
}
