import * as z from 'zod/mini';
import type { Hub } from '../hub/hub';
import { allOf, equals } from './condition';
import { unwrapContinuation, wrapContinuation } from './continuation';
import { type ListedFields, listQuery } from './twinQuery';

/** What to list; without a location and a connectivity, the fleet. */
export interface DeviceFilter {
  paths: ListedFields;
  location: string | undefined;
  connectivity: string | undefined;
  /** Devices per page. */
  limit: number;
  /** Of the page before. */
  continuation: string | undefined;
}

const column = z._default(z.json(), null);
const rowSchema = z.object({ deviceId: z.string(), location: column, connectivity: column });

/** A device in a list; what its twin lacks is null. */
export type ListedDevice = z.infer<typeof rowSchema>;

/** A page of devices. It may be short, even empty, where there is a continuation. */
export interface DeviceList {
  devices: ListedDevice[];
  continuation?: string;
}

/**
 * Lists a page of devices, as the hub's query index has them.
 *
 * @throws InvalidInputError for a continuation of another query.
 */
export async function listDevices(hub: Hub, filter: DeviceFilter): Promise<DeviceList> {
  const { paths, location, connectivity, limit, continuation } = filter;
  const condition = allOf([
    ...(location === undefined ? [] : [equals(paths.location, location)]),
    ...(connectivity === undefined ? [] : [equals(paths.connectivity, connectivity)]),
  ]);
  const paged = { query: listQuery(paths, condition), pageSize: limit };
  const page = await hub.queryPage(paged.query, rowSchema, {
    pageSize: limit,
    continuation: continuation === undefined ? undefined : unwrapContinuation(paged, continuation),
  });
  return {
    devices: page.rows,
    ...(page.continuation === undefined ? {} : { continuation: wrapContinuation(paged, page.continuation) }),
  };
}
