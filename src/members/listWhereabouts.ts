import * as z from 'zod/mini';
import { type Hub, maxPageSize } from '../azure/hub/hub';
import { toText } from '../conditions/alike';
import { whereaboutsQuery } from '../conditions/twinQuery';
import type { Whereabouts, WhereaboutsPaths } from './whereabouts';

/** A page of devices as the hub's query index has them. */
export interface WhereaboutsPage {
  devices: Map<string, Whereabouts>;
  /** Of the hub, for the next page. */
  continuation: string | undefined;
}

const row = z.object({
  deviceId: z.string(),
  location: z._default(z.json(), null),
  connectivity: z._default(z.json(), null),
});

/** Lists a page of the devices that have a location or a connectivity. */
export async function listWhereabouts(
  hub: Hub,
  paths: WhereaboutsPaths,
  continuation: string | undefined,
): Promise<WhereaboutsPage> {
  const page = await hub.queryPage(whereaboutsQuery(paths), row, { pageSize: maxPageSize, continuation });
  const devices = page.rows.map(({ deviceId, location, connectivity }) => {
    return [deviceId, { location: toText(location), connectivity: toText(connectivity) }] as const;
  });
  // A token that repeats would lead in a circle.
  return {
    devices: new Map(devices),
    continuation: page.continuation === continuation ? undefined : page.continuation,
  };
}
