import type { ChangeHistory } from '../history/changeHistory';
import type { TagsPatch } from '../twins/tags';
import { tagChangesOf } from './hubChanges';
import type { JobMeans } from './jobMeans';
import { knownJob, tellOf } from './keptJob';
import { ageOf } from './limits';
import { TagJobError } from './tagJobError';
import type { Targets } from './targets';

/** How long after it was cancelled the last calls of a job may be under way, in seconds. */
const stillWritesSeconds = 15;

/**
 * What taking back a job is about.
 *
 * @throws TagJobError `unknown-job`; `job-state` while it is at work; `not-undoable` where it kept nothing.
 */
export async function undoOfJob(jobId: string, force: boolean, means: JobMeans): Promise<Targets> {
  const stored = await knownJob(jobId, means.needStore());
  const { state, counts } = await tellOf(stored, means, { limit: 1 });
  if (state === 'queued' || state === 'running') {
    throw new TagJobError('job-state', `The job is ${state}: wait for its end, or cancel it first.`);
  }
  const { engine, tags, createdAt, endedAt = createdAt, isUndoable } = stored.job;
  if (state === 'cancelled' && ageOf({ createdAt: endedAt }) < stillWritesSeconds * 1000) {
    const detail = 'The job was cancelled a moment ago, and may still write the devices whose turn it was.';
    throw new TagJobError('job-state', detail, stillWritesSeconds);
  }
  if (!isUndoable)
    throw notUndoable(
      'It kept nothing of what it replaced: it was asked for with undoable=false, or is older than that.',
    );
  const job = {
    jobId,
    engine,
    createdAt,
    ...(tags && engine === 'hubJob' ? { tags } : {}),
    ...(stored.job.endedAt === undefined ? {} : { endedAt }),
  };
  return { kind: 'undo', job, devices: counts.succeeded, force };
}

/**
 * What taking back one change of a device is about.
 *
 * @throws TagJobError `unknown-change`; `not-undoable` where it changed no tag, or not all of it was told.
 */
export async function undoOfChange(
  deviceId: string,
  id: string,
  force: boolean,
  history: ChangeHistory,
): Promise<Targets> {
  const change = await history.find(`devices/${deviceId}`, id);
  if (!change) {
    throw new TagJobError('unknown-change', `No change ${id} of this device is kept; take the id from its changes.`);
  }
  if (change.truncated) throw notUndoable('Not every value of this change was told: it was too large for the topic.');
  const changes = tagChangesOf(change.values);
  if (changes.length === 0)
    throw notUndoable('It changed no tag, and what a device has reported only the device can change.');
  const row = { deviceId, tags: {} as TagsPatch, undo: { changes, force } };
  return { kind: 'list', rows: [row], tags: undefined };
}

function notUndoable(detail: string): TagJobError {
  return new TagJobError('not-undoable', detail);
}
