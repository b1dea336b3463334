import { HubError } from '../hub/hubError';
import { needQueue, needRecords, type Services } from '../services';
import { SettingError } from '../settings';
import { TablesError } from '../tables/tables';
import { abandoned, ageOf, delaySecondsAfter, giveUpAfterMs } from './limits';
import { listPage } from './listPage';
import type { TagMessage } from './messages';
import { workThrough } from './tagDevice';
import type { StoredJob } from './tagJob';
import { isAhead, passOn } from './window';
import { workChunk } from './workChunk';

/** What became of a message, for the log. */
export interface Worked {
  what: string;
  pairs: Record<string, string | number>;
  /** Somebody should look at it. */
  isTrouble: boolean;
}

/** Messages sent at a time. */
const atATime = 32;

/** How often in a row nothing came of a chunk because of some device, until its successor does not wait for it: a quarter of an hour. */
const patientAttempts = 8;

/** A page of a condition that waits for chunks before it looks again after a second, doubled up to half a minute. */
const mostWaits = 6;

/** How soon a message looks again whether all of its job is in the queue, in seconds. */
const preparingSeconds = 5;

/**
 * Works a message of the queue. Whatever the hub, the tables or the settings do, the message is done when this returns: what is left
 * of it went back to the queue, with a delay. To throw would put a good message aside after five tries, and the load
 * back at once.
 *
 * @param isRepeated whether the queue has given this message to a worker before.
 * @throws Error for a message that no later try could work; the host puts it aside.
 */
export async function workMessage(message: TagMessage, services: Services, isRepeated: boolean): Promise<Worked> {
  const queue = needQueue(services);
  try {
    return await workOnce(message, services, isRepeated);
  } catch (error) {
    if (!(error instanceof TablesError || error instanceof SettingError)) throw error;
    const delay = delaySecondsAfter(message.attempt);
    await queue.send({ ...message, attempt: message.attempt + 1 }, delay);
    return { what: `put back: ${error.message}`, pairs: pairsOf(message, { delay }), isTrouble: true };
  }
}

async function workOnce(message: TagMessage, services: Services, isRepeated: boolean): Promise<Worked> {
  const { tagJobs } = needRecords(services);
  const stored = await tagJobs.read(message.jobId);
  if (!stored) throw new Error(`There is no job ${message.jobId}.`);
  const { state } = stored.job;
  if (state === 'preparing') return waitForTheRest(stored, message, services);
  if (state !== 'queued') return { what: `left: the job is ${state}`, pairs: pairsOf(message, {}), isTrouble: false };
  if (message.kind === 'list') return listOnce(stored, message, services);
  return workChunkOnce(stored, message, services, isRepeated);
}

async function waitForTheRest({ job }: StoredJob, message: TagMessage, services: Services): Promise<Worked> {
  if (abandoned(job)) {
    return { what: 'dropped: its job was never queued whole', pairs: pairsOf(message, {}), isTrouble: true };
  }
  await needQueue(services).send(message, preparingSeconds);
  return { what: 'waits for the rest of its job', pairs: pairsOf(message, {}), isTrouble: false };
}

async function workChunkOnce(
  { job }: StoredJob,
  message: TagMessage,
  services: Services,
  isRepeated: boolean,
): Promise<Worked> {
  const { tagJobs } = needRecords(services);
  const queue = needQueue(services);
  if (isRepeated) await passOn(job, message.number, tagJobs, queue);
  const { done, pending, hindrance } = await workChunk(job, message, tagJobs, services);
  if (pending === 0) {
    await passOn(job, message.number, tagJobs, queue);
    return { what: 'done', pairs: pairsOf(message, { done, pending }), isTrouble: false };
  }
  const { job: now = job } = (await tagJobs.read(job.jobId)) ?? {};
  if (now.state === 'cancelled')
    return { what: 'cancelled', pairs: pairsOf(message, { done, pending }), isTrouble: false };
  const attempt = done > 0 ? 0 : message.attempt + 1;
  const delay = hindrance ? delaySecondsAfter(attempt) : 0;
  if (hindrance?.fault === 'unavailable' && attempt >= patientAttempts) {
    await passOn(job, message.number, tagJobs, queue);
  }
  await queue.send({ ...message, attempt }, delay);
  return {
    what: `put back: ${hindrance?.detail ?? 'time is up'}`,
    pairs: pairsOf(message, { done, pending, delay }),
    isTrouble: hindrance !== undefined && hindrance.fault !== 'throttled',
  };
}

async function listOnce({ job, etag }: StoredJob, message: TagMessage, services: Services): Promise<Worked> {
  const { tagJobs } = needRecords(services);
  const queue = needQueue(services);
  if (await isAhead(job, message.number, tagJobs)) {
    // Below the attempts by which the alert `tag-job-stuck` tells what does not get done.
    const attempt = Math.min(message.attempt, mostWaits - 1) + 1;
    const delay = 2 ** (attempt - 1);
    await queue.send({ ...message, attempt }, delay);
    return { what: 'waits for chunks before it', pairs: pairsOf(message, { delay }), isTrouble: false };
  }
  try {
    const { chunks, nextPage } = await listPage(job, message, tagJobs, services);
    const send = (kind: TagMessage['kind'], number: number) =>
      queue.send({ kind, number, jobId: job.jobId, attempt: 0 } satisfies TagMessage);
    await workThrough(chunks, atATime, async (number) => {
      await send('chunk', number);
      return 'goOn';
    });
    // The last, for the page after tells a repetition that all of this was sent.
    if (nextPage !== undefined) await send('list', nextPage);
    return { what: 'listed a page', pairs: pairsOf(message, {}), isTrouble: false };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const isHopeless = error.code === 'invalid' || ageOf(job) > giveUpAfterMs;
    if (!isHopeless) {
      const delay = delaySecondsAfter(message.attempt);
      await queue.send({ ...message, attempt: message.attempt + 1 }, delay);
      return {
        what: `put back: ${error.message}`,
        pairs: pairsOf(message, { delay }),
        isTrouble: error.code !== 'throttled',
      };
    }
    const detail = `The devices could not all be listed. ${error.message}`;
    await tagJobs.write({ ...job, state: 'failed', endedAt: new Date().toISOString(), detail }, etag);
    return { what: `failed: ${detail}`, pairs: pairsOf(message, {}), isTrouble: true };
  }
}

function pairsOf({ jobId, kind, number, attempt }: TagMessage, more: Record<string, number>) {
  return { jobId, kind, number, attempt, ...more };
}
