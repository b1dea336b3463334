import { idsQuery } from '../queries/twinQuery';
import { needQueue, needRecords, type Services } from '../services';
import { changesItself } from './changesItself';
import { toChunks } from './chunk';
import type { TagMessage } from './messages';
import { quotasFor } from './planJob';
import { workThrough } from './tagDevice';
import type { TagJob } from './tagJob';
import type { Targets } from './tagRequest';
import { windowOf } from './window';

/** Messages sent at a time. */
const atATime = 32;

/**
 * Puts a job into the tables, and as much of it as its window holds into the queue. It is `preparing` until all of that
 * is there: workers leave it alone until then, so a request that is cut off has done nothing, and the same request again,
 * under the same id, goes on from where it was.
 */
export async function enqueue(job: TagJob, targets: Targets, services: Services): Promise<TagJob> {
  const { tagJobs } = needRecords(services);
  const queue = needQueue(services);
  const window = windowOf(quotasFor(services.settings));
  const send = (kind: TagMessage['kind'], number: number) =>
    queue.send({ kind, jobId: job.jobId, number, attempt: 0 } satisfies TagMessage);
  if (targets.kind === 'where') {
    const { condition, tags } = targets;
    const listsFirst = changesItself(condition, tags);
    const listed: TagJob = { ...job, state: 'preparing', window, query: idsQuery(condition), listsFirst, tags };
    await tagJobs.write(listed);
    await send('list', 0);
    return queued(listed);
  }
  const { tags } = targets;
  const chunks = [...toChunks(targets.rows, tags)];
  const whole: TagJob = { ...job, state: 'preparing', window, chunks: chunks.length, ...(tags ? { tags } : {}) };
  await tagJobs.write(whole);
  await tagJobs.putChunks(job.jobId, chunks);
  await workThrough(chunks.slice(0, window), atATime, async ({ number }) => {
    await send('chunk', number);
    return 'goOn';
  });
  return queued(whole);

  async function queued(prepared: TagJob): Promise<TagJob> {
    const ready: TagJob = { ...prepared, state: 'queued' };
    await tagJobs.write(ready);
    return ready;
  }
}
