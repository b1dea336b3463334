import type { Hub } from '../azure/hub/hub';
import { HubError, staleTwin } from '../azure/hub/hubError';
import type { JsonObject } from '../json';
import { holdsPatch } from '../twins/holdsPatch';
import { changesOf, type TagChange, together, type Undone, undo } from '../twins/tagChanges';
import { isEmptyPatch, type TagsPatch } from '../twins/tags';
import type { DeviceMemory } from './replacedLog';
import type { Outcome } from './tagJob';
import type { TagRow } from './tagRow';

/** What became of a device, and the version that was made, where it was written. */
export interface Written {
  outcome: Outcome;
  version?: number;
}

/** How often a twin is read again because somebody else wrote it between read and write. */
const mostTries = 5;

/** Paths that an outcome names. */
const shownPaths = 5;

/**
 * Tags a device so that it can be taken back: what it is about to replace is read and kept first, and the twin is written
 * only as it was read. A twin that has the tags already is not written.
 */
export async function tagRemembering(hub: Hub, row: TagRow, memory: DeviceMemory): Promise<Written> {
  const { deviceId, ifMatch } = row;
  for (let tries = 1; ; tries++) {
    const { etag, tags = {} } = await hub.getTwin(deviceId);
    const { patch, left } = intentOf(row, tags);
    if (isEmptyPatch(patch)) return { outcome: outcomeOf(left, etag) };
    if (ifMatch !== undefined && ifMatch !== etag) throw new HubError('etagMismatch', staleTwin);
    await memory.keep(together(memory.changes, changesOf(tags, patch), tags));
    try {
      const { etag: made, version } = await hub.updateTags(deviceId, patch, etag);
      memory.made(version);
      return { outcome: outcomeOf(left, made), version };
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'etagMismatch') throw error;
      if (tries === mostTries) throw new HubError('etagMismatch', outrun);
    }
  }
}

const outrun =
  'Somebody else wrote this twin each time between read and write. Send it again; with undoable=false it is not read.';

function intentOf({ tags, undo: asked }: TagRow, present: JsonObject): Undone {
  if (asked) return undo(present, asked.changes, asked.force);
  return { patch: holdsPatch(present, tags) ? ({} as TagsPatch) : tags, left: [] };
}

function outcomeOf(left: readonly TagChange[], etag: string): Outcome {
  if (left.length === 0) return { status: 200, etag };
  const pathsOf = (those: readonly TagChange[]) => {
    const more = those.length > shownPaths ? `, and ${those.length - shownPaths} more` : '';
    return (
      those
        .slice(0, shownPaths)
        .map(({ path }) => ['tags', ...path].join('.'))
        .join(', ') + more
    );
  };
  const unknown = left.filter(({ isUnknown }) => isUnknown);
  const changed = left.filter(({ isUnknown }) => !isUnknown);
  const details = [
    ...(changed.length > 0
      ? [`Changed since, and left as it is: ${pathsOf(changed)}. Ask with force to override it.`]
      : []),
    ...(unknown.length > 0 ? [`Nothing kept tells what was there before: ${pathsOf(unknown)}.`] : []),
  ];
  return { status: 409, detail: details.join(' ') };
}
