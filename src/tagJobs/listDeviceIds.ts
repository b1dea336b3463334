import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import type { Condition } from '../conditions/condition';
import { idsQuery } from '../conditions/twinQuery';

/** A row of {@link idsQuery}. */
export const idRow = z.object({ deviceId: z.string() });

/** The devices that meet a condition, as the query index has them; at most so many. */
export async function listDeviceIds(hub: Hub, condition: Condition, most: number): Promise<string[]> {
  // A set: what changes while it is listed may be listed twice.
  const ids = new Set<string>();
  for await (const { rows } of hub.queryPages(idsQuery(condition), idRow, Math.min(most, 100))) {
    for (const { deviceId } of rows) ids.add(deviceId);
    if (ids.size >= most) break;
  }
  return [...ids].slice(0, most);
}
