import * as z from 'zod/mini';
import { describeFaults } from '../describeFaults';
import { InvalidInputError } from '../invalidInputError';

/** A section of a twin, with its `$metadata` and `$version` where it has them. */
const section = z.optional(z.nullable(z.record(z.string(), z.json())));

const origin = {
  hubName: z.string(),
  deviceId: z.string(),
  moduleId: z.optional(z.string()),
  operationTimestamp: z.iso.datetime(),
};

const twinChange = z.object({
  version: z.number(),
  tags: section,
  properties: z.optional(z.object({ desired: section, reported: section })),
});

/**
 * A routed message of the sources `TwinChangeEvents` and `DeviceLifecycleEvents`: its application properties and its
 * body (Azure IoT Hub developer guide, "Non-telemetry event schemas").
 */
const notificationSchema = z.discriminatedUnion('opType', [
  z.object({ ...origin, opType: z.enum(['updateTwin', 'replaceTwin']), body: twinChange }),
  z.object({
    ...origin,
    opType: z.enum(['createDeviceIdentity', 'deleteDeviceIdentity']),
    body: z.object({ version: z.optional(z.number()) }),
  }),
]);

export type HubNotification = z.infer<typeof notificationSchema>;

/** @throws InvalidInputError when the message is no such notification. */
export function parseHubNotification(body: unknown, properties: unknown): HubNotification {
  const { success, data, error } = notificationSchema.safeParse({ ...Object(properties), body });
  if (success) return data;
  throw new InvalidInputError(`not a notification of a twin change or a device's life: ${describeFaults(error)}`);
}
