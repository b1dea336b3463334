import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import type { Condition } from '../conditions/condition';
import { countQuery } from '../conditions/twinQuery';

const row = z.object({ deviceCount: z.number() });

/** A number of devices, and what it cost to count them. */
export interface DeviceCount {
  count: number;
  hubQueries: number;
  messages: number;
}

/** Counts the devices that meet a condition, as the query index has them: one query, whatever the size of the fleet. */
export async function countDevices(hub: Hub, condition: Condition | undefined): Promise<DeviceCount> {
  const found: DeviceCount = { count: 0, hubQueries: 0, messages: 0 };
  for await (const page of hub.queryPages(countQuery(condition), row)) {
    found.hubQueries += page.requests;
    found.messages += page.messages;
    for (const { deviceCount } of page.rows) found.count += deviceCount;
  }
  return found;
}
