import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import { nestFields } from '../conditions/chosenFields';
import type { Condition } from '../conditions/condition';
import { type PagedQuery, unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import type { PropertyPath } from '../conditions/propertyPath';
import { type ListedFields, listQuery } from '../conditions/twinQuery';
import { anyJson, type Json } from '../json';

/** What to list. */
export interface Listing {
  paths: ListedFields;
  /** The fleet where it is undefined. */
  condition: Condition | undefined;
  /** What to show of each device besides its location and its connectivity. */
  fields: readonly PropertyPath[];
  /** Devices per page. */
  limit: number;
  /** Of the page before. */
  continuation: string | undefined;
  /** When the first page was asked for. */
  askedAt: Date;
}

const column = z._default(anyJson, null);
const rowSchema = z.catchall(z.object({ deviceId: z.string(), location: column, connectivity: column }), anyJson);

const section = z.optional(z.record(z.string(), anyJson));

/** A device in a list; what its twin lacks is null, of chosen fields absent. These are nested as the twin nests them. */
export const listedDeviceSchema = z.catchall(
  z.object({
    deviceId: z.string(),
    location: anyJson,
    connectivity: anyJson,
    tags: section,
    properties: z.optional(z.object({ desired: section, reported: section })),
  }),
  anyJson,
);

/** What a page shows of a device: its location, its connectivity, and the values of the chosen fields. */
export interface ListedDevice {
  deviceId: string;
  location: Json;
  connectivity: Json;
  /** In the order in which the fields were chosen. */
  values: (Json | undefined)[];
}

/** A page of devices. It may be short, even empty, where there is a continuation. */
export interface DeviceList {
  devices: ListedDevice[];
  continuation: string | undefined;
}

/**
 * Makes a listing ready to be asked of a hub.
 *
 * @throws InvalidInputError for a continuation of another query, or a query that is too long.
 */
export function planListing({
  paths,
  condition,
  fields,
  limit,
  continuation,
  askedAt,
}: Listing): (hub: Hub) => Promise<DeviceList> {
  const paged = { query: listQuery(paths, condition, fields), pageSize: limit };
  const hubToken = continuation === undefined ? undefined : unwrapContinuation(paged, continuation);
  return (hub) => askForPage(hub, paged, hubToken, fields, askedAt);
}

/** Lists a page of devices, as the hub's query index has them. */
async function askForPage(
  hub: Hub,
  paged: PagedQuery,
  continuation: string | undefined,
  fields: readonly PropertyPath[],
  askedAt: Date,
): Promise<DeviceList> {
  const page = await hub.queryPage(paged.query, rowSchema, { pageSize: paged.pageSize, continuation });
  return {
    devices: page.rows.map(({ deviceId, location, connectivity, ...chosen }) => ({
      deviceId,
      location,
      connectivity,
      values: fields.map((_, index) => chosen[`f${index}`]),
    })),
    continuation: page.continuation === undefined ? undefined : wrapContinuation(paged, page.continuation, askedAt),
  };
}

/** A device as JSON shows it. */
export function toJson({ values, ...device }: ListedDevice, fields: readonly PropertyPath[]) {
  return { ...device, ...nestFields(fields.map((path, index) => [path, values[index]] as const)) };
}
