import * as z from 'zod/mini';
import { toUtc } from './eventTime';
import { type ExactValue, exactValuesOf, restoreExact, withoutPitfalls } from './exactValues';
import type { DeviceConnection, DeviceLife, TwinChange, TwinChanged, TwinEvent } from './twinEvent';
import { idSchema, printableSchema, sectionSchema, sequenceNumberSchema, versionSchema } from './twinSchemas';

/** A change on the topic: beside its values, the strings among them that may be rewritten on the way. */
type TopicChange = TwinChange & { exact?: ExactValue[] | undefined };

/** A twin's event as it stands on the topic. */
export type TopicEvent = TwinChanged<TopicChange> | DeviceLife | DeviceConnection;

const exact = z.object({
  path: z.array(z.union([z.string(), z.int()])).check(z.minLength(2)),
  text: z.string().check(z.startsWith('=')),
});

const change = z.object({
  operation: z.enum(['update', 'replace']),
  version: versionSchema,
  tags: sectionSchema,
  desired: sectionSchema,
  reported: sectionSchema,
  truncated: z.optional(z.literal(true)),
  exact: z.optional(z.array(exact)),
});

const envelope = {
  specversion: z.literal('1.0'),
  id: printableSchema,
  source: printableSchema,
  subject: z.string().check(z.refine(isSubject)),
  time: z.string(),
  traceparent: z.optional(z.string()),
};

const topicEvent = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('DeviceTwins.TwinChanged'), data: change }),
  z.object({
    ...envelope,
    type: z.enum(['DeviceTwins.DeviceCreated', 'DeviceTwins.DeviceDeleted']),
    data: z.object({ version: z.optional(versionSchema) }),
  }),
  z.object({
    ...envelope,
    type: z.enum(['DeviceTwins.DeviceConnected', 'DeviceTwins.DeviceDisconnected']),
    data: z.object({ sequenceNumber: sequenceNumberSchema }),
  }),
]);

function isSubject(subject: string): boolean {
  const [, deviceId, moduleId] = /^devices\/([^/]+)(?:\/modules\/([^/]+))?$/.exec(subject) ?? [];
  return [deviceId, moduleId ?? deviceId].every((id) => idSchema.safeParse(id).success);
}

/** Reads an event of the topic: undoes what the way through Event Grid and the Functions host did to it. */
export const twinEventSchema = z.pipe(
  topicEvent,
  z.transform((event, { issues }): TwinEvent => {
    const time = timeOf(event);
    if (time === undefined) issues.push({ code: 'custom', input: event, path: ['time'] });
    const read = { ...event, time: time ?? '' };
    if (read.type !== 'DeviceTwins.TwinChanged') return read;
    const { exact = [], ...change } = read.data;
    const data = restoreExact(change, exact);
    if (data === undefined) issues.push({ code: 'custom', input: exact, path: ['data', 'exact'] });
    return { ...read, data: data ?? change };
  }),
);

/** The event as it goes to the topic; as large as without `exact` where no string needs it. */
export function toTopicEvent(event: TwinEvent): TopicEvent {
  if (event.type !== 'DeviceTwins.TwinChanged') return event;
  const exact = exactValuesOf(event.data);
  return exact.length === 0 ? event : { ...event, data: { ...withoutPitfalls(event.data, exact), exact } };
}

/** The id holds the hub's own text of the time, which nothing on the way rewrites: it decides. */
function timeOf({ id, time }: TopicEvent): string | undefined {
  return toUtc(id.split('/')[3] ?? '') ?? toUtc(time);
}
