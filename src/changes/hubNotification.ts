import * as z from 'zod/mini';
import { describeFaults } from '../errors/describeFaults';
import { InvalidInputError } from '../errors/invalidInputError';
import { toUtc } from './eventTime';
import { idSchema, printableSchema, sectionSchema, sequenceNumberSchema, versionSchema } from './twinSchemas';

/** A time of the hub, as it wrote it and in UTC with seven digits. */
const hubTime = z.pipe(
  z.string(),
  z.transform((text, { issues }) => {
    const utc = toUtc(text);
    if (utc === undefined) issues.push({ code: 'custom', input: text });
    return { text, utc: utc ?? '' };
  }),
);

const origin = {
  hubName: printableSchema,
  deviceId: idSchema,
  moduleId: z.optional(idSchema),
  operationTimestamp: hubTime,
};

const twinChange = z.object({
  version: versionSchema,
  tags: sectionSchema,
  /** Each with its `$metadata` and `$version` where it has them. */
  properties: z.optional(z.object({ desired: sectionSchema, reported: sectionSchema })),
});

/**
 * A routed message of the sources `TwinChangeEvents`, `DeviceLifecycleEvents` and `DeviceConnectionStateEvents`: its
 * application properties and its body (Azure IoT Hub developer guide, "Non-telemetry event schemas").
 */
const notificationSchema = z.discriminatedUnion('opType', [
  z.object({ ...origin, opType: z.enum(['updateTwin', 'replaceTwin']), body: twinChange }),
  z.object({
    ...origin,
    opType: z.enum(['createDeviceIdentity', 'deleteDeviceIdentity']),
    body: z.object({ version: z.optional(versionSchema) }),
  }),
  z.object({
    ...origin,
    opType: z.enum(['deviceConnected', 'deviceDisconnected']),
    body: z.object({ sequenceNumber: sequenceNumberSchema }),
  }),
]);

const fromHub = z.object({ ...origin, opType: z.string() });

/** Whether application properties are those of a notification. */
export function isOfHub(properties: unknown): boolean {
  return fromHub.safeParse(properties).success;
}

export type HubNotification = z.infer<typeof notificationSchema>;

/** @throws InvalidInputError when the message is no such notification. */
export function parseHubNotification(body: unknown, properties: unknown): HubNotification {
  const { success, data, error } = notificationSchema.safeParse({ ...Object(properties), body });
  if (success) return data;
  throw new InvalidInputError(
    `not a notification of a twin change, or a device's life or connection: ${describeFaults(error)}`,
  );
}
