import * as z from 'zod/mini';

/** A section of a twin, or what changed in it; `null` removes. */
const section = z.optional(z.nullable(z.record(z.string(), z.json())));

/** What changed: of an update the changed values, of a replacement all of them, without their metadata. */
const twinChange = z.object({
  operation: z.enum(['update', 'replace']),
  /** The twin's version after the change. */
  version: z.number(),
  tags: section,
  desired: section,
  reported: section,
  /** Some section was too large for the topic, and is empty here: get the twin for its values. */
  truncated: z.optional(z.literal(true)),
});

const envelope = {
  specversion: z.literal('1.0'),
  /** The same on every delivery of one notification. */
  id: z.string(),
  /** `iothub/{hubName}` */
  source: z.string(),
  /** `devices/{deviceId}` or `devices/{deviceId}/modules/{moduleId}` */
  subject: z.string().check(z.regex(/^devices\/[^/]+(\/modules\/[^/]+)?$/)),
  /** When the hub did it. */
  time: z.iso.datetime(),
  /** Trace context of the relay's invocation (CloudEvents extension "distributed tracing"). */
  traceparent: z.optional(z.string()),
};

/** The CloudEvents (1.0) on the topic. */
export const twinEventSchema = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('DeviceTwins.TwinChanged'), data: twinChange }),
  z.object({
    ...envelope,
    type: z.enum(['DeviceTwins.DeviceCreated', 'DeviceTwins.DeviceDeleted']),
    data: z.object({ version: z.optional(z.number()) }),
  }),
]);

export type TwinChange = z.infer<typeof twinChange>;
export type TwinEvent = z.infer<typeof twinEventSchema>;
