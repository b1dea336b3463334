import type { Quotas } from '../azure/hub/quotas';
import type { Queue } from '../azure/queue/queue';
import type { ChunkProgress } from './chunk';
import { sendNew } from './messages';
import type { TagJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';

/** For so many messages in the queue the platform wakes an instance: `batchSize` in host.json. */
export const batchSize = 16;

/** Updates a second that one instance sends with ease. */
const instanceRate = 500;

/**
 * How many messages of a job are in the queue at a time. The platform wakes an instance for each {@link batchSize}, and
 * would wake all that it may for a long job, although the hub takes no more than it takes from a few.
 */
export function windowOf(quotas: Quotas): number {
  return batchSize * Math.ceil(quotas.twinWrite / instanceRate);
}

/**
 * Sends the chunk that follows a chunk: that of its number and the job's window. It is called when a chunk is done, or
 * before its turn where that may never come: whoever had its message before has died, or one of its devices fails again
 * and again.
 *
 * - Every chunk gets its message. Those of the first window are sent before the job begins. Each of the others is sent
 *   by its predecessor, whose own message stays in the queue until then: it comes again after its worker has died, and a
 *   message that comes again passes on first, so one that kills each of its workers has passed on before it is put aside.
 * - Each chunk gets one message but where a worker dies between sending and the mark in the table, or two that work
 *   on one chunk come to its end at once. The two messages that follow come to nothing at the next chunk, where the later
 *   one finds the mark of the other.
 *
 * Where a condition is listed while its devices are tagged, the listing follows ({@link isAhead}); the mark says that it
 * need not wait for this chunk.
 */
export async function passOn(
  job: TagJob,
  number: number,
  store: TagJobStore,
  queue: Pick<Queue, 'send'>,
): Promise<void> {
  if (job.window === undefined) return;
  const { jobId, chunks } = job;
  const next = number + job.window;
  if (chunks !== undefined && next >= chunks) return;
  let row = await store.readProgress(jobId, number);
  if (!row || row.progress.isPassedOn) return;
  if (isListedMeanwhile(job)) {
    if (!isOpen(row.progress)) return;
  } else {
    if (chunks === undefined && !(await store.readProgress(jobId, next))) return;
    await sendNew(queue, { kind: 'chunk', jobId, number: next });
  }
  while (row && !row.progress.isPassedOn) {
    const progress = { ...row.progress, isPassedOn: true };
    if ((await store.writeProgress(jobId, progress, row.etag)) !== undefined) return;
    row = await store.readProgress(jobId, number);
  }
}

/** Whether a page of a condition waits for chunks before it: they and the message of the page fill the window. */
export async function isAhead(job: TagJob, page: number, store: TagJobStore): Promise<boolean> {
  if (job.window === undefined || !isListedMeanwhile(job)) return false;
  const before = page - (job.window - 1);
  const row = before < 0 ? undefined : await store.readProgress(job.jobId, before);
  return row !== undefined && isOpen(row.progress);
}

function isListedMeanwhile({ query, original, listsFirst }: TagJob): boolean {
  return (query ?? original) !== undefined && listsFirst !== true;
}

function isOpen({ endedAt, isPassedOn }: ChunkProgress): boolean {
  return endedAt === undefined && !isPassedOn;
}
