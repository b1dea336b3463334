import * as z from 'zod/mini';

/** An event as it was published; what its schema does not know is handed on as it is. */
export type Event = Readonly<Record<string, unknown>>;

/** How a topic and its subscriptions write events (Azure Event Grid, "Event schema" and "CloudEvents v1.0 schema"). */
export type SchemaName = 'CloudEventSchemaV1_0' | 'EventGridSchema';

/** What filters and delivery need to know of a schema. */
export interface EventSchema {
  title: string;
  /** Where the event's type and its subject stand, and its id. */
  type: string;
  /** Media types of a delivery of one event, and of several. */
  single: string;
  batch: string;
  /** Whether a delivery of one event is a list of one. */
  isAlwaysList: boolean;
  check(event: unknown): { data: Event; faults?: undefined } | { data?: undefined; faults: string };
  /** What the topic adds to an event that it takes. */
  complete(event: Event, topic: string): Event;
}

const text = z.string().check(z.minLength(1));

const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: text,
  source: text,
  type: text,
  subject: z.optional(z.string()),
});

const gridEvent = z.looseObject({
  id: text,
  eventType: text,
  subject: text,
  eventTime: z.iso.datetime({ offset: true }),
  dataVersion: z.string(),
});

const json = 'application/json; charset=utf-8';

export const schemas: Readonly<Record<SchemaName, EventSchema>> = {
  CloudEventSchemaV1_0: {
    title: 'a CloudEvent 1.0',
    type: 'type',
    single: 'application/cloudevents+json; charset=utf-8',
    batch: 'application/cloudevents-batch+json; charset=utf-8',
    isAlwaysList: false,
    check: (event) => toCheck(cloudEvent.safeParse(event)),
    complete: (event) => event,
  },
  EventGridSchema: {
    title: 'an event of the Event Grid schema',
    type: 'eventType',
    single: json,
    batch: json,
    isAlwaysList: true,
    check: (event) => toCheck(gridEvent.safeParse(event)),
    complete: (event, topic) => ({ ...event, topic, metadataVersion: '1' }),
  },
};

function toCheck(parsed: z.core.util.SafeParseResult<Event>): ReturnType<EventSchema['check']> {
  if (parsed.success) return { data: parsed.data };
  return { faults: parsed.error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ') };
}
