import { type Hub, maxPageSize } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import type { ChunkProgress } from './chunk';
import { idRow } from './listDeviceIds';
import type { TagMessage } from './messages';
import type { TagJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';
import { type Listed, listUndo } from './undoSource';

/** What follows from a page: chunks that can be tagged now, and then the page to list. */
export interface Following {
  chunks: number[];
  nextPage: number | undefined;
}

/**
 * Lists a page of a condition's devices, or of those of the job to take back, as a chunk of the job. A page that was listed before stays as it was: the hub
 * may order its rows anew each time.
 *
 * @returns what to send next; nothing where a repetition of the message has done so.
 */
export async function listPage(job: TagJob, { number }: TagMessage, store: TagJobStore, hub: Hub): Promise<Following> {
  const { jobId, query = '' } = job;
  const before = await store.readProgress(jobId, number);
  if (before) {
    const goesOn = await store.readProgress(jobId, number + 1);
    return goesOn ? { chunks: [], nextPage: undefined } : following(before.progress, job);
  }
  const previous = number === 0 ? undefined : await store.readProgress(jobId, number - 1);
  const continuation = previous?.progress.next;
  if (number > 0 && continuation === undefined) throw new Error(`Job ${jobId} lacks the page before ${number}.`);
  const { original } = job;
  const page = await (original ? listUndo(original, continuation, store, hub) : queryIds(query, continuation, hub));
  // A token that repeats would lead in a circle.
  const next = page.next === continuation ? undefined : page.next;
  const devices = page.deviceIds.map((deviceId) => [deviceId] as const);
  await store.addChunk(jobId, { number, devices, next, isLast: next === undefined });
  const row = await store.readProgress(jobId, number);
  if (!row) throw new HubError('unavailable', `The page ${number} of job ${jobId} is not there.`);
  return following(row.progress, job);
}

async function queryIds(query: string, continuation: string | undefined, hub: Hub): Promise<Listed> {
  const page = await hub.queryPage(query, idRow, { pageSize: maxPageSize, continuation });
  return { deviceIds: page.rows.map(({ deviceId }) => deviceId), next: page.continuation };
}

function following({ number, outcomes, next }: ChunkProgress, { listsFirst, window = Infinity }: TagJob): Following {
  const nextPage = next === undefined ? undefined : number + 1;
  if (!listsFirst) return { chunks: outcomes.length > 0 ? [number] : [], nextPage };
  if (nextPage !== undefined) return { chunks: [], nextPage };
  return { chunks: Array.from({ length: Math.min(number + 1, window) }, (_, each) => each), nextPage };
}
