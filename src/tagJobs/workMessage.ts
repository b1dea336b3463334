import { deadlines } from '../azure/hub/deadlines';
import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { delaySecondsAfter } from '../azure/queue/delay';
import { TablesError } from '../azure/tables/tables';
import { SettingError } from '../errors/settingError';
import type { JobMeans } from './jobMeans';
import { abandoned, ageOf, giveUpAfterMs, preparingSeconds } from './limits';
import { listPage } from './listPage';
import { sendChunks, sendNew, type TagMessage } from './messages';
import type { StoredJob, TagJob } from './tagJob';
import { isAhead, passOn } from './window';
import { workChunk } from './workChunk';

/** What became of a message, for the log. */
export interface Worked {
  what: string;
  pairs: Record<string, string | number>;
  /** Somebody should look at it. */
  isTrouble: boolean;
}

/** How often in a row nothing may come of a chunk because of some device until its successor no longer waits: 10 to 20 minutes. */
const patientAttempts = 8;

/** A page of a condition that waits for chunks before it looks again after a second, doubled up to half a minute. */
const mostWaits = 6;

/**
 * Works a message of the queue. Whatever the hub, the tables or the settings do, the message is done when this returns:
 * what is left of it went back to the queue, with a delay. To throw would put a good message aside after five tries, and
 * the load back at once.
 *
 * @param isRepeated whether the queue has given this message to a worker before.
 * @throws Error for a message that no later try could work; the host puts it aside.
 */
export async function workMessage(message: TagMessage, means: JobMeans, isRepeated: boolean): Promise<Worked> {
  try {
    return await workOnce(message, means, isRepeated);
  } catch (error) {
    const canPass = error instanceof TablesError || error instanceof SettingError;
    if (!canPass) throw error;
    return putBack(message, error, means, 'trouble');
  }
}

async function workOnce(message: TagMessage, means: JobMeans, isRepeated: boolean): Promise<Worked> {
  const stored = await means.needStore().read(message.jobId);
  if (!stored) throw new Error(`There is no job ${message.jobId}.`);
  const { state } = stored.job;
  if (state === 'preparing') return waitForTheRest(stored, message, means);
  if (state !== 'queued') return worked(message, `left: the job is ${state}`);
  if (message.kind === 'list') return listOnce(stored, message, means);
  return workChunkOnce(stored, message, means, isRepeated);
}

function bulkHub({ hub }: JobMeans): Hub {
  return hub(deadlines.background, { priority: 'bulk' });
}

async function waitForTheRest({ job }: StoredJob, message: TagMessage, means: JobMeans): Promise<Worked> {
  if (abandoned(job)) return worked(message, 'dropped: its job was never queued whole', {}, 'trouble');
  await means.needQueue().send(message, preparingSeconds(job));
  return worked(message, 'waits for the rest of its job');
}

async function workChunkOnce(
  { job }: StoredJob,
  message: TagMessage,
  means: JobMeans,
  isRepeated: boolean,
): Promise<Worked> {
  const tagJobs = means.needStore();
  const queue = means.needQueue();
  if (isRepeated) await passOn(job, message.number, tagJobs, queue);
  const { done, pending, hindrance } = await workChunk(job, message, tagJobs, bulkHub(means));
  if (pending === 0) {
    await passOn(job, message.number, tagJobs, queue);
    return worked(message, 'done', { done, pending });
  }
  const { job: now = job } = (await tagJobs.read(job.jobId)) ?? {};
  if (now.state === 'cancelled') return worked(message, 'cancelled', { done, pending });
  const attempt = done > 0 ? 0 : message.attempt + 1;
  if (hindrance?.fault === 'unavailable' && attempt >= patientAttempts) {
    await passOn(job, message.number, tagJobs, queue);
  }
  const delay = hindrance ? delaySecondsAfter(attempt) : 0;
  await queue.send({ ...message, attempt }, delay);
  const isTrouble = hindrance !== undefined && hindrance.fault !== 'throttled';
  const what = `put back: ${hindrance?.detail ?? 'time is up'}`;
  return worked(message, what, { done, pending, delay }, isTrouble ? 'trouble' : undefined);
}

async function listOnce(stored: StoredJob, message: TagMessage, means: JobMeans): Promise<Worked> {
  const { job } = stored;
  const tagJobs = means.needStore();
  const queue = means.needQueue();
  if (await isAhead(job, message.number, tagJobs)) {
    // Below the attempts by which the alert `tag-job-stuck` tells what does not get done.
    const attempt = Math.min(message.attempt, mostWaits - 1) + 1;
    const delay = 2 ** (attempt - 1);
    await queue.send({ ...message, attempt }, delay);
    return worked(message, 'waits for chunks before it', { delay });
  }
  try {
    const { chunks, nextPage } = await listPage(job, message, tagJobs, bulkHub(means));
    await sendChunks(queue, job.jobId, chunks);
    // The last, for the page after tells a repetition that all of this was sent.
    if (nextPage !== undefined) await sendNew(queue, { kind: 'list', jobId: job.jobId, number: nextPage });
    return worked(message, 'listed a page');
  } catch (error) {
    if (error instanceof HubError) return afterListing(error, stored, message, means);
    throw error;
  }
}

/** The hub did not list a page: it is asked again later, unless that is hopeless. */
async function afterListing(error: HubError, { job, etag }: StoredJob, message: TagMessage, means: JobMeans) {
  const isHopeless = error.code === 'invalid' || ageOf(job) > giveUpAfterMs;
  if (isHopeless) {
    const detail = `The devices could not all be listed. ${error.message}`;
    const failed: TagJob = { ...job, state: 'failed', endedAt: new Date().toISOString(), detail };
    await means.needStore().write(failed, etag);
    return worked(message, `failed: ${detail}`, {}, 'trouble');
  }
  const isTrouble = error.code !== 'throttled';
  return putBack(message, error, means, isTrouble ? 'trouble' : undefined);
}

async function putBack(message: TagMessage, { message: why }: Error, means: JobMeans, trouble?: 'trouble') {
  const delay = delaySecondsAfter(message.attempt);
  await means.needQueue().send({ ...message, attempt: message.attempt + 1 }, delay);
  return worked(message, `put back: ${why}`, { delay }, trouble);
}

function worked(
  { jobId, kind, number, attempt }: TagMessage,
  what: string,
  more: Record<string, number> = {},
  trouble?: 'trouble',
): Worked {
  return { what, pairs: { jobId, kind, number, attempt, ...more }, isTrouble: trouble !== undefined };
}
