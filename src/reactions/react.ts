import type { TwinEvent } from '../changes/twinEvent';
import { HubError } from '../hub/hubError';
import type { JsonObject } from '../json';
import { toldBy, whereaboutsOf } from '../members/whereabouts';
import { deadlines, type Services } from '../services';
import { need } from '../settings';
import { parseDeviceId } from '../twins/deviceId';
import type { TagsPatch } from '../twins/tags';
import type { Twin } from '../twins/twin';

/**
 * What a change of a twin sets in motion: it is kept in the history, the lists of members follow, and a new device may
 * get its first tags. All of it may be done twice, and in any order.
 */
export async function react(event: TwinEvent, services: Services): Promise<void> {
  const records = services.records();
  const tags = need(services.settings.firstTags);
  await Promise.all([
    records?.history.keep(event),
    isOfModule(event) ? undefined : follow(event, services),
    tags && event.type === 'DeviceTwins.DeviceCreated' && !isOfModule(event)
      ? giveFirstTags(event, tags, services)
      : undefined,
  ]);
}

async function follow(event: TwinEvent, services: Services): Promise<void> {
  const members = services.records()?.members;
  if (!members) return;
  const paths = {
    location: need(services.settings.locationPath),
    connectivity: need(services.settings.connectivityPath),
  };
  const isTruncated = event.type === 'DeviceTwins.TwinChanged' && event.data.truncated;
  const twin = isTruncated ? await findTwin(event, services) : undefined;
  // A device that is gone tells so by an event of its own.
  if (isTruncated && !twin) return;
  const news = twin ? whereaboutsOf(twin as JsonObject, paths) : toldBy(event, paths);
  if (Object.keys(news).length > 0) await members.hear(event, news);
}

/** A device that has tags already keeps them. */
async function giveFirstTags(event: TwinEvent, tags: TagsPatch, services: Services): Promise<void> {
  const twin = await findTwin(event, services);
  if (!twin || Object.keys(twin.tags ?? {}).length > 0) return;
  try {
    await services.hub(deadlines.request).updateTags(twin.deviceId, tags, twin.etag);
  } catch (error) {
    if (!(error instanceof HubError) || !['etagMismatch', 'notFound'].includes(error.code)) throw error;
    // Somebody else was quicker, but perhaps not with tags.
    if (error.code === 'etagMismatch') await giveFirstTags(event, tags, services);
  }
}

async function findTwin(event: TwinEvent, { hub }: Services): Promise<Twin | undefined> {
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
