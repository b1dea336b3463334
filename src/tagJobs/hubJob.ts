import { deadlines } from '../azure/hub/deadlines';
import { HubError } from '../azure/hub/hubError';
import type { HubJob, JobFailure } from '../azure/hub/hubJobs';
import { InvalidInputError } from '../errors/invalidInputError';
import { documentOf, type FailuresPage, failuresOf, summaryOf } from './describeJob';
import type { JobMeans } from './jobMeans';
import type { Failure, JobDocument, JobSummary, TagJob } from './tagJob';
import type { Targets } from './targets';

/** How long the hub may take, in seconds: what is expected many times over, for it works on other jobs too. */
const patience = { factor: 4, least: 3600, most: 172_800 };

type Ended = 'completed' | 'failed' | 'cancelled';

const states: Record<Exclude<HubJob['status'], 'unknown'>, 'queued' | 'running' | Ended> = {
  enqueued: 'queued',
  queued: 'queued',
  scheduled: 'queued',
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/**
 * Has the hub itself tag the devices of a condition; nothing of this app runs meanwhile. The hub is asked first: a
 * repetition of a request that was cut off finds the job there, under its own id.
 */
export async function startHubJob(job: TagJob, targets: Targets, means: JobMeans): Promise<TagJob> {
  const tagJobs = means.needStore();
  if (targets.kind !== 'where') throw new InvalidInputError('A hub job takes a condition.', 'engine');
  const { factor, least, most } = patience;
  const maxExecutionSeconds = Math.min(most, Math.max(least, job.expectedSeconds * factor));
  const hub = means.hub(deadlines.request);
  try {
    await hub.scheduleTwinUpdate(job.jobId, targets.condition, targets.tags, { maxExecutionSeconds });
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'jobExists') throw error;
  }
  // With its tags: by them the history tells which change of a device was its.
  await tagJobs.write({ ...job, tags: targets.tags });
  return job;
}

/**
 * A job of the hub as the hub has it; once it has ended, as it was kept.
 *
 * @throws HubError `unknownJob` where the hub does not know it: it forgets a job after 30 days.
 */
export async function readHubJob(job: TagJob, means: JobMeans, page: FailuresPage): Promise<JobDocument> {
  const present = job.endedAt === undefined ? await look(job, means) : job;
  const { jobId } = present;
  const counts = countsOf(present);
  const failures =
    counts.failed > 0 ? await failuresOf(jobId, page, listFailures(jobId, means, page.limit)) : { failures: [] };
  return documentOf(present, counts, failures);
}

/** The same without its failures; as it was kept, where the hub does not tell. */
export async function summarizeHubJob(job: TagJob, means: JobMeans): Promise<JobSummary> {
  const present = job.endedAt === undefined ? await look(job, means).catch(asKept) : job;
  return summaryOf(present, countsOf(present));

  function asKept(error: unknown): TagJob {
    if (error instanceof HubError) return job;
    throw error;
  }
}

function countsOf({ total, succeeded = 0, failed = 0 }: TagJob): JobDocument['counts'] {
  return { total, succeeded, failed, pending: total - succeeded - failed };
}

/** @throws HubError `jobState` where the job runs or has ended: the hub cancels only what waits. */
export async function cancelHubJob(job: TagJob, means: JobMeans, page: FailuresPage): Promise<JobDocument> {
  if (job.state === 'cancelled') return readHubJob(job, means, page);
  await means.hub(deadlines.request).cancelJob(job.jobId);
  // The hub may call it scheduled for a while; it was not begun.
  const cancelled: TagJob = { ...job, state: 'cancelled', endedAt: new Date().toISOString(), succeeded: 0, failed: 0 };
  await means.needStore().write(cancelled);
  return readHubJob(cancelled, means, page);
}

async function look(job: TagJob, means: JobMeans): Promise<TagJob> {
  const told = await means.hub(deadlines.request).getJob(job.jobId);
  const { status, deviceJobStatistics: statistics, endTime, failureReason, statusMessage } = told;
  if (status === 'unknown') throw new HubError('unknownJob', 'The hub has no such job.');
  const state = states[status];
  const present: TagJob = {
    ...job,
    state,
    total: statistics?.deviceCount ?? job.total,
    succeeded: statistics?.succeededCount ?? 0,
    failed: statistics?.failedCount ?? 0,
  };
  if (state === 'queued' || state === 'running') return present;
  const detail = [failureReason, statusMessage].filter(Boolean).join(' ');
  const ended = { ...present, endedAt: toIso(endTime), ...(state === 'failed' && detail ? { detail } : {}) };
  await means.needStore().write(ended);
  return ended;
}

/** The hub writes seven digits of a second. */
function toIso(time: string | null | undefined): string {
  const parsed = Date.parse(time ?? '');
  return new Date(Number.isNaN(parsed) ? Date.now() : parsed).toISOString();
}

function listFailures(jobId: string, { hub }: JobMeans, pageSize: number) {
  return async (continuation: string | undefined) => {
    const page = await hub(deadlines.request).jobFailures(jobId, { pageSize, continuation });
    return { failures: page.rows.map(toFailure), continuation: page.continuation };
  };
}

/** The hub tells a code by its number, `404001`, or by its name. */
export function toFailure({ deviceId, error }: JobFailure): Failure {
  const code = String(error?.code ?? '');
  const byName: Record<string, number> = { DeviceNotFound: 404, PreconditionFailed: 412, ArgumentInvalid: 400 };
  const status = Number(/^[45]\d\d(?=\d{3}$)/.exec(code)?.[0] ?? byName[code] ?? 500);
  return { deviceId, status, detail: [code, error?.description].filter(Boolean).join(': ') || 'The hub says no more.' };
}
