import type { HubError } from '../azure/hub/hubError';
import { TablesError } from '../azure/tables/tables';
import { workThrough } from '../workThrough';
import type { JobMeans } from './jobMeans';
import { ReplacedLog } from './replacedLog';
import { partDevices } from './replacedValues';
import { type Tagged, tagDevice } from './tagDevice';
import type { Outcome, TagJob } from './tagJob';
import type { TagRow } from './tagRow';

/** What became of a device of a request. */
export type Result = Outcome & { deviceId: string };

/** Calls that wait for their turn at a time; the scheduler paces them. */
const atATime = 32;

/**
 * Tags devices while somebody waits. What was not reached in time is told with status 0.
 *
 * @param end when the answer is due, by `performance.now()`.
 * @throws HubError where the hub refuses the app, and no device was tagged.
 */
export async function tagDirectly(
  job: TagJob,
  rows: readonly TagRow[],
  { hub, store }: Pick<JobMeans, 'hub' | 'store'>,
  end: number,
): Promise<Result[]> {
  const notReached = { status: 0, detail: 'Not reached in the time of a request; send it again, or choose queue.' };
  const results = rows.map(({ deviceId }): Result => ({ deviceId, ...notReached }));
  const kept = store();
  const logs = new Map<number, Promise<ReplacedLog>>();
  let refusal: HubError | undefined;
  await workThrough(rows.entries(), atATime, async ([index, row]) => {
    const remaining = end - performance.now();
    if (remaining <= 0) return 'enough';
    const tagged = await unlessUnkept(async () => {
      const replaced = (await logOf(index))?.of(index % partDevices, row.deviceId);
      const memory = { writes: kept?.writes, replaced };
      return tagDevice(hub(remaining, { priority: 'bulk' }), row, job, memory);
    });
    results[index] = { deviceId: row.deviceId, ...tagged.outcome };
    if (tagged.fault !== 'refused') return 'goOn';
    refusal = tagged.error;
    return 'enough';
  });
  await Promise.allSettled([...logs.values()].map(async (log) => (await log).save()));
  if (refusal && !results.some(({ status }) => status === 200)) throw refusal;
  return results;

  /** The log of the hundred that a device is in. */
  function logOf(index: number): Promise<ReplacedLog> | undefined {
    if (!kept || !job.isUndoable) return undefined;
    const part = Math.floor(index / partDevices);
    const log = logs.get(part) ?? ReplacedLog.open(kept.values, job.jobId, part);
    logs.set(part, log);
    return log;
  }
}

/** A device of which the tables keep nothing is not written, and fails alone: others were, and are told. */
async function unlessUnkept(tag: () => Promise<Tagged>): Promise<Tagged> {
  try {
    return await tag();
  } catch (error) {
    if (error instanceof TablesError) return { outcome: { status: 503, detail: error.message } };
    throw error;
  }
}
