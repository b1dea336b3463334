import { deadlines } from '../azure/hub/deadlines';
import { type Hub, maxPageSize } from '../azure/hub/hub';
import type { TagChange } from '../twins/tagChanges';
import type { TagsPatch } from '../twins/tags';
import { workThrough } from '../workThrough';
import { changesByHub } from './hubChanges';
import type { JobMeans } from './jobMeans';
import type { OriginalJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';
import type { TagRow } from './tagRow';
import type { Targets } from './targets';

/** A page of devices, and the place of the next. */
export interface Listed {
  deviceIds: string[];
  next: string | undefined;
}

/** Devices whose history is read at a time. */
const atATime = 16;

/** What is to be known of taking back a job of the hub. */
export const ofHubJob =
  'The hub itself did that job: what it replaced is put back as far as the history of each device tells.';

/** Lists the devices of a job that is to be taken back: those of one of its parts. */
export async function listUndo(
  { jobId, engine }: OriginalJob,
  place: string | undefined,
  store: TagJobStore,
  hub: Hub,
): Promise<Listed> {
  if (engine === 'hubJob') {
    const page = await hub.jobDevices(jobId, { pageSize: maxPageSize, continuation: place });
    const done = page.rows.filter(({ status }) => status.toLowerCase() === 'completed');
    return { deviceIds: done.map(({ deviceId }) => deviceId), next: page.continuation };
  }
  const part = Number(place ?? 0);
  const replaced = await store.values.ofPart(jobId, part);
  const areMore = await store.values.areMore(jobId, part);
  return {
    deviceIds: [...replaced.values()].map(({ deviceId }) => deviceId),
    next: areMore ? String(part + 1) : undefined,
  };
}

/** Tells what to take back of each device of a part of a job. */
export async function rowsToUndo(
  original: OriginalJob,
  part: number,
  force: boolean,
  store: TagJobStore,
): Promise<(deviceId: string) => Promise<TagRow>> {
  const toRow = (deviceId: string, changes: readonly TagChange[]): TagRow => {
    return { deviceId, tags: {} as TagsPatch, undo: { changes, force } };
  };
  if (original.engine === 'hubJob') {
    return async (deviceId) => toRow(deviceId, await changesByHub(original, deviceId, store.history));
  }
  const replaced = await store.values.ofPart(original.jobId, part);
  const byDevice = new Map([...replaced.values()].map(({ deviceId, changes }) => [deviceId, changes]));
  return async (deviceId) => toRow(deviceId, byDevice.get(deviceId) ?? [forgotten]);
}

/** Of a job whose 30 days have ended meanwhile. */
const forgotten: TagChange = { path: [], isUnknown: true };

/** What to take back of all devices of a job, of which a request has few. */
export async function allRowsToUndo(
  { job, force }: Targets & { kind: 'undo' },
  { hub, needStore }: Pick<JobMeans, 'hub' | 'needStore'>,
): Promise<TagRow[]> {
  const store = needStore();
  const rows: TagRow[] = [];
  let place: string | undefined;
  for (let part = 0; ; part++) {
    const { deviceIds, next } = await listUndo(job, place, store, hub(deadlines.request));
    const rowOf = await rowsToUndo(job, part, force, store);
    await workThrough(deviceIds, atATime, async (deviceId) => {
      rows.push(await rowOf(deviceId));
      return 'goOn';
    });
    if (next === undefined || next === place) return rows;
    place = next;
  }
}
