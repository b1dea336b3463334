import { idsQuery } from '../conditions/twinQuery';
import { changesItself } from './changesItself';
import { toChunks } from './chunk';
import type { JobMeans } from './jobMeans';
import { sendChunks, sendNew } from './messages';
import type { TagJob } from './tagJob';
import type { Targets } from './targets';
import { windowOf } from './window';

/**
 * Puts a job into the tables, and as much of it as its window holds into the queue. It is `preparing` until all of that
 * is there: workers leave it alone until then, so a request that is cut off has done nothing, and the same request again,
 * under the same id, goes on from where it was.
 */
export async function enqueue(job: TagJob, targets: Targets, means: JobMeans): Promise<TagJob> {
  const tagJobs = means.needStore();
  const queue = means.needQueue();
  const { jobId } = job;
  const window = windowOf(means.quotas());
  let prepared: TagJob = { ...job, state: 'preparing', window };
  if (targets.kind !== 'list') {
    prepared = { ...prepared, ...(targets.kind === 'where' ? toList(targets) : {}) };
    await tagJobs.write(prepared);
    await sendNew(queue, { kind: 'list', jobId, number: 0 });
  } else {
    const chunks = [...toChunks(targets.rows, targets.tags)];
    prepared = { ...prepared, chunks: chunks.length, ...(targets.tags ? { tags: targets.tags } : {}) };
    await tagJobs.write(prepared);
    await tagJobs.putChunks(jobId, chunks);
    await sendChunks(
      queue,
      jobId,
      chunks.slice(0, window).map(({ number }) => number),
    );
  }
  const ready: TagJob = { ...prepared, state: 'queued' };
  await tagJobs.write(ready);
  return ready;
}

function toList({ condition, tags }: Targets & { kind: 'where' }): Partial<TagJob> {
  return { tags, query: idsQuery(condition), listsFirst: changesItself(condition, tags) };
}
