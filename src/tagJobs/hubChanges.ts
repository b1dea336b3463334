import { isDeepStrictEqual } from 'node:util';
import type { ChangeHistory } from '../history/changeHistory';
import type { ChangeRecord, ValueChange } from '../history/changeRecord';
import { isJsonObject, type Json, type JsonObject } from '../json';
import type { TagChange } from '../twins/tagChanges';
import type { OriginalJob } from './tagJob';

/** How far the times of a job and of its notifications may be apart. */
const nearMs = 5 * 60_000;

/** Changes of a device that are looked through. */
const mostChanges = 1000;

/** The changes of tags that the values of a change tell of. */
export function tagChangesOf(values: readonly ValueChange[]): TagChange[] {
  return values.flatMap(({ path, before, after }): TagChange[] => {
    const [section, ...steps] = path.split('.');
    if (section !== 'tags' || steps.length === 0 || isDeepStrictEqual(before, after)) return [];
    const change: TagChange = {
      path: steps,
      ...(before === undefined ? { isUnknown: true } : before === null ? {} : { before }),
      ...(after === null ? {} : { after }),
    };
    // Where a value was made, the objects above it may have been, too: which go only where they are empty.
    const holders = before === null ? steps.slice(1).map((_, index) => steps.slice(0, index + 1)) : [];
    return [...holders.map((holder): TagChange => ({ path: holder, isHolder: true })), change];
  });
}

/**
 * What a job of the hub did to a device, as far as history knows: the hub tells no more than that it was done. A device of
 * which nothing is found is told with changes of which nothing is known.
 */
export async function changesByHub(job: OriginalJob, deviceId: string, history: ChangeHistory): Promise<TagChange[]> {
  const { changes } = await history.list(`devices/${deviceId}`, { limit: mostChanges, unchanged: true });
  const written = new Map(leavesOf(job.tags ?? {}, ['tags']).map(([path, value]) => [path.join('.'), value]));
  // Newest first: the oldest that may be its own.
  const found = changes.findLast((change) => isNear(change, job) && tells(change, written));
  if (found) return tagChangesOf(found.values.filter(({ path }) => written.has(path)));
  return [...written].map(([path, value]) => ({
    path: path.split('.').slice(1),
    ...(value === null ? {} : { after: value }),
    isUnknown: true,
  }));
}

function isNear({ time }: ChangeRecord, { createdAt, endedAt }: OriginalJob): boolean {
  const moment = Date.parse(time);
  const isLater = moment >= Date.parse(createdAt) - nearMs;
  return isLater && (endedAt === undefined || moment <= Date.parse(endedAt) + nearMs);
}

function tells({ values }: ChangeRecord, written: ReadonlyMap<string, Json>): boolean {
  const after = new Map(values.map((value) => [value.path, value.after]));
  return [...written].every(([path, value]) => after.has(path) && isDeepStrictEqual(after.get(path), value));
}

/** The paths that a patch writes; null where it removes. */
function leavesOf(patch: JsonObject, within: string[]): [path: string[], value: Json][] {
  return Object.entries(patch).flatMap(([name, value]): [string[], Json][] =>
    isJsonObject(value) && Object.keys(value).length > 0
      ? leavesOf(value, [...within, name])
      : [[[...within, name], value]],
  );
}
