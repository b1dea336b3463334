import type { Hub } from '../azure/hub/hub';
import { HubError, type HubErrorCode } from '../azure/hub/hubError';
import type { Author, WriteLog } from '../history/writeLog';
import { isEmptyPatch } from '../twins/tags';
import type { DeviceMemory } from './replacedLog';
import type { Outcome } from './tagJob';
import { tagRemembering, type Written } from './tagRemembering';
import type { TagRow } from './tagRow';

/** What a failure says about the device, the moment, or the app. */
export type Fault =
  /** To repeat it would fail again. */
  | 'device'
  /** The hub wants fewer requests. */
  | 'throttled'
  /** The hub is not there, or not itself. */
  | 'unavailable'
  /** The hub refuses the app, whatever the device. */
  | 'refused';

const notItself = { status: 502, fault: 'unavailable' } as const;

const faults: Partial<Record<HubErrorCode, { status: number; fault: Fault }>> = {
  invalid: { status: 400, fault: 'device' },
  notFound: { status: 404, fault: 'device' },
  etagMismatch: { status: 412, fault: 'device' },
  unauthorized: { status: 401, fault: 'refused' },
  forbidden: { status: 403, fault: 'refused' },
  quotaExceeded: { status: 403, fault: 'refused' },
  throttled: { status: 429, fault: 'throttled' },
  unavailable: { status: 503, fault: 'unavailable' },
};

/** What became of a device, and where it was not tagged, why. */
export type Tagged = { outcome: Outcome; fault?: undefined } | { outcome: Outcome; fault: Fault; error: HubError };

/** What tagging a device leaves behind. */
export interface Memory {
  /** Who had it done; undefined where nothing is kept. */
  writes: WriteLog | undefined;
  /** What was replaced; undefined where nobody is to take it back. */
  replaced: DeviceMemory | undefined;
}

/**
 * Tags one device of a job, and notes who had it done. One whose twin has another etag, but the tags already, needs no
 * more: it may be the second try.
 */
export async function tagDevice(
  hub: Hub,
  row: TagRow,
  { by, reason }: Partial<Author>,
  { writes, replaced }: Memory,
): Promise<Tagged> {
  const { deviceId, tags, undo } = row;
  const isRead = replaced && (undo || !isEmptyPatch(tags));
  try {
    const { outcome, version } = await (isRead ? tagRemembering(hub, row, replaced) : tagUnread(hub, row));
    if (by !== undefined && version !== undefined) {
      await writes?.note(deviceId, version, { by, ...(reason === undefined ? {} : { reason }) }, hub.now());
    }
    return { outcome };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { status, fault } = faults[error.code] ?? notItself;
    return { outcome: { status, detail: error.message }, fault, error };
  }
}

async function tagUnread(hub: Hub, { deviceId, tags, ifMatch = '*' }: TagRow): Promise<Written> {
  const { etag, version } = await hub.updateTags(deviceId, tags, ifMatch, true);
  return { outcome: { status: 200, etag }, ...(isEmptyPatch(tags) ? {} : { version }) };
}
