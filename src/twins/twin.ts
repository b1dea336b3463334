import * as z from 'zod/mini';
import { anyJsonObject } from '../json';

/** The parts of a device twin that the app relies on; the others are handed on as they come. */
export const twinSchema = z.looseObject({
  deviceId: z.string(),
  etag: z.string(),
  /** Counts every write of the twin: tags, desired and reported. */
  version: z.number(),
  tags: z.optional(anyJsonObject),
});

/** A device twin as IoT Hub answers it (api-version 2021-04-12). */
export type Twin = z.infer<typeof twinSchema>;

/** The identity registry in numbers; they lag behind by minutes. */
export const statisticsSchema = z.object({
  totalDeviceCount: z.number(),
  enabledDeviceCount: z.number(),
  disabledDeviceCount: z.number(),
});

export type RegistryStatistics = z.infer<typeof statisticsSchema>;
