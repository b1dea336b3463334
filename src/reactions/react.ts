import { deadlines } from '../azure/hub/deadlines';
import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { isOfConnection, type TwinEvent } from '../changes/twinEvent';
import type { ChangeHistory } from '../history/changeHistory';
import type { JsonObject } from '../json';
import type { Members } from '../members/members';
import { toldBy, type WhereaboutsPaths, whereaboutsOf } from '../members/whereabouts';
import { parseDeviceId } from '../twins/deviceId';
import type { TagsPatch } from '../twins/tags';
import type { Twin } from '../twins/twin';

/** What reactions work with. */
export interface Means {
  hub(deadlineMs: number): Hub;
  /** Undefined where nothing is kept. */
  history: ChangeHistory | undefined;
  members: Members | undefined;
  paths: WhereaboutsPaths;
  /** Tags that a new device gets; undefined where it gets none. */
  firstTags: TagsPatch | undefined;
}

/**
 * What a change of a twin sets in motion: it is kept in the history, the lists of members follow, and a new device may
 * get its first tags. All of it may be done twice, and in any order.
 */
export async function react(event: TwinEvent, means: Means): Promise<void> {
  const { history, members, firstTags } = means;
  await Promise.all([
    history?.keep(event),
    isOfModule(event) ? undefined : isOfConnection(event) ? members?.hearConnection(event) : follow(event, means),
    firstTags && event.type === 'DeviceTwins.DeviceCreated' && !isOfModule(event)
      ? giveFirstTags(event, firstTags, means)
      : undefined,
  ]);
}

async function follow(event: TwinEvent, { hub, members, paths }: Means): Promise<void> {
  if (!members) return;
  const isTruncated = event.type === 'DeviceTwins.TwinChanged' && event.data.truncated;
  const twin = isTruncated ? await findTwin(event, hub) : undefined;
  // A device that is gone tells so by an event of its own.
  if (isTruncated && !twin) return;
  const news = twin ? whereaboutsOf(twin as JsonObject, paths) : toldBy(event, paths);
  if (Object.keys(news).length > 0) await members.hear(event, news);
}

/** A device that has tags already keeps them. */
async function giveFirstTags(event: TwinEvent, tags: TagsPatch, { hub }: Pick<Means, 'hub'>): Promise<void> {
  const twin = await findTwin(event, hub);
  if (!twin || Object.keys(twin.tags ?? {}).length > 0) return;
  try {
    await hub(deadlines.request).updateTags(twin.deviceId, tags, twin.etag);
  } catch (error) {
    if (!(error instanceof HubError) || !['etagMismatch', 'notFound'].includes(error.code)) throw error;
    // Somebody else was quicker, but perhaps not with tags.
    if (error.code === 'etagMismatch') await giveFirstTags(event, tags, { hub });
  }
}

async function findTwin(event: TwinEvent, hub: Means['hub']): Promise<Twin | undefined> {
  try {
    return await hub(deadlines.request).getTwin(deviceIdOf(event));
  } catch (error) {
    if (error instanceof HubError && error.code === 'notFound') return undefined;
    throw error;
  }
}

function deviceIdOf({ subject }: TwinEvent): string {
  return parseDeviceId(subject.split('/')[1]);
}

function isOfModule({ subject }: TwinEvent): boolean {
  return subject.split('/').length > 2;
}
