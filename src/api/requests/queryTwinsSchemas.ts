import * as z from 'zod/mini';
import { maxPageSize } from '../../azure/hub/hub';
import { freshnessSchema } from '../../conditions/freshness';
import { listedDeviceSchema } from '../../queries/listDevices';
import { flagParameter, pageParameters, textParameter } from '../http/parameters';

/** The query parameters of `GET /api/devices`. `where` is a condition as JSON text (see `conditionSchema`), `filter` one in words. */
export const queryTwinsParameters = z.object({
  location: textParameter,
  connectivity: textParameter,
  where: textParameter,
  filter: textParameter,
  /** Property paths, separated by commas. */
  fields: textParameter,
  ...pageParameters(maxPageSize),
  /** Counts the devices that meet the condition: one more query of the hub. */
  count: flagParameter,
});

/** The JSON answer of `GET /api/devices`. */
export const queryTwinsAnswer = z.object({
  devices: z.array(listedDeviceSchema),
  count: z.optional(z.int()),
  continuation: z.optional(z.string()),
  freshness: freshnessSchema,
});

/** The content types of `GET /api/devices`. */
export const queryTwinsTypes = ['application/json', 'text/csv', 'application/x-ndjson'] as const;
