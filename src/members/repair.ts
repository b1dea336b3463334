import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { latestMoment } from '../changes/momentOf';
import type { JsonObject } from '../json';
import type { Twin } from '../twins/twin';
import { type DeviceState, listedMoment } from './deviceState';
import type { KeptDevice, Members } from './members';
import { type Whereabouts, type WhereaboutsPaths, whereaboutsOf } from './whereabouts';

/** Puts members right by the hub's list, and where that differs from what events told, by their twins. */
export class Repair {
  readonly repaired: string[] = [];
  unread = 0;
  #reads = 0;

  constructor(
    private readonly hub: Hub,
    private readonly members: Members,
    private readonly paths: WhereaboutsPaths,
    /** Twins that may be read. */
    private readonly maxReads = Infinity,
  ) {}

  async compare(deviceId: string, listed: Whereabouts): Promise<void> {
    const kept = await this.members.read(deviceId);
    if (isToldOtherwise(kept.state, listed, latestMoment(this.hub.now()))) await this.check(deviceId, kept);
    else if (await this.members.take(deviceId, listed)) this.repaired.push(deviceId);
  }

  async check(deviceId: string, kept: KeptDevice): Promise<void> {
    if (++this.#reads > this.maxReads) {
      this.unread++;
      return;
    }
    const now = this.hub.now();
    const twin = await this.#read(deviceId);
    const found: Whereabouts = twin
      ? whereaboutsOf(twin as JsonObject, this.paths)
      : { location: undefined, connectivity: undefined };
    if (await this.members.putRight(kept, found, now)) this.repaired.push(deviceId);
  }

  async #read(deviceId: string): Promise<Twin | undefined> {
    try {
      return await this.hub.getTwin(deviceId);
    } catch (error) {
      if (error instanceof HubError && error.code === 'notFound') return undefined;
      throw error;
    }
  }
}

/** Whether an event told something else than the list has, or told it of a moment that cannot be. */
function isToldOtherwise(state: DeviceState, listed: Whereabouts, latest: string): boolean {
  return (['location', 'connectivity'] as const).some((name) => {
    const moment = state[`${name}At`];
    return moment > latest || (moment !== listedMoment && state[name] !== listed[name]);
  });
}
