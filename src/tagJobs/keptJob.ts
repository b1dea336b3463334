import { ProblemError } from '../http/problem';
import { needRecords, type Services } from '../services';
import { describeJob, type FailuresPage } from './describeJob';
import { cancelHubJob, readHubJob } from './hubJob';
import type { JobDocument, StoredJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';

/**
 * A job as it stands.
 *
 * @throws ProblemError `unknown-job`
 */
export async function readJob(jobId: string, services: Services, page: FailuresPage): Promise<JobDocument> {
  return tellOf(await known(jobId, needRecords(services).tagJobs), services, page);
}

/** A job that was read, as whoever works it has it. */
export function tellOf(stored: StoredJob, services: Services, page: FailuresPage): Promise<JobDocument> {
  if (stored.job.engine === 'hubJob') return readHubJob(stored.job, services, page);
  return describeJob(stored, needRecords(services).tagJobs, page);
}

/**
 * Cancels a job: devices that were tagged stay so, the others are left alone from now on, but for those whose turn it is.
 *
 * @throws ProblemError `unknown-job`; `job-state` where the job or its engine forbids it.
 */
export async function cancelJob(jobId: string, services: Services, page: FailuresPage): Promise<JobDocument> {
  const { tagJobs } = needRecords(services);
  const stored = await known(jobId, tagJobs);
  if (stored.job.engine === 'direct') {
    throw forbidden('A job of engine direct ends with the answer to its request; there is nothing to cancel.');
  }
  if (stored.job.engine === 'hubJob') return cancelHubJob(stored.job, services, page);
  const document = await describeJob(stored, tagJobs, page);
  if (document.state === 'cancelled') return document;
  if (document.state === 'completed' || document.state === 'failed') {
    throw forbidden(`The job has ${document.state}; only one that is queued or running can be cancelled.`);
  }
  const endedAt = new Date().toISOString();
  const isWritten = await tagJobs.write({ ...stored.job, state: 'cancelled', endedAt }, stored.etag);
  // Where it has ended meanwhile, the next look tells.
  return isWritten ? readJob(jobId, services, page) : cancelJob(jobId, services, page);
}

function forbidden(detail: string): ProblemError {
  return new ProblemError({ name: 'job-state', detail });
}

async function known(jobId: string, tagJobs: TagJobStore): Promise<StoredJob> {
  const stored = /^[a-z0-9-]{1,64}$/.test(jobId) ? await tagJobs.read(jobId) : undefined;
  if (stored) return stored;
  throw new ProblemError({
    name: 'unknown-job',
    detail: `There is no job ${jobId}; take its id from the answer that started it.`,
  });
}
