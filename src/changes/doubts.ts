import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { latestMoment, momentOf } from './momentOf';
import type { TwinEvent } from './twinEvent';

/**
 * Why an event cannot be true, whoever sent it; undefined where it can be. It names the configured hub, and no time to
 * come: such an event would outweigh all true ones until then.
 *
 * An instance's clock may be behind, so it only raises the suspicion: the hub is asked for its time then.
 *
 * @throws HubError where the hub does not answer that.
 */
export async function doubtsOf(event: TwinEvent, hub: Hub): Promise<string | undefined> {
  const { source, time, subject } = event;
  const own = `iothub/${hub.name}`;
  if (source.toLowerCase() !== own) return `its source is ${source}, not the configured hub ${own}`;
  const moment = momentOf(event);
  if (moment <= latestMoment(new Date())) return undefined;
  const [, deviceId = ''] = subject.split('/');
  const now = (await timeOf(hub, deviceId)) ?? new Date();
  return moment <= latestMoment(now) ? undefined : `its time is ${time}, the hub's is ${now.toISOString()}`;
}

/** Any answer tells it, also that there is no such device. */
async function timeOf(hub: Hub, deviceId: string): Promise<Date | undefined> {
  try {
    await hub.getTwin(deviceId);
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'notFound') throw error;
  }
  return hub.now();
}
