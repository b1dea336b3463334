import * as z from 'zod/mini';

const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const positive = z.int().check(z.positive());

/** A message route of the hub. */
const route = z.object({
  name,
  source: z.enum(['DeviceMessages', 'TwinChangeEvents', 'DeviceLifecycleEvents', 'DeviceConnectionStateEvents']),
  condition: z.literal('true', { error: 'only the condition "true" is served yet' }),
  eventHub: name,
});

const eventHub = z.object({
  name,
  partitionCount: positive.check(z.maximum(32)),
  retentionHours: positive.check(z.maximum(168)),
  consumerGroups: z.array(name),
});

const subscription = z.object({
  name,
  /** The function that takes the events. */
  function: z.string(),
  /** All types where absent. */
  includedEventTypes: z.optional(z.array(z.string())),
  maxDeliveryAttempts: z._default(positive.check(z.maximum(30)), 30),
  eventTimeToLiveInMinutes: z._default(positive.check(z.maximum(1440)), 1440),
});

const topologySchema = z.object({
  routes: z.array(route),
  /** An Event Hubs namespace, and the setting of an app that holds its connection string. */
  eventHubs: z.object({ connectionSetting: z.optional(z.string()), hubs: z.array(eventHub) }),
  /** An Event Grid topic, and the settings of an app that hold its endpoint and key. */
  topic: z.optional(
    z.object({
      name,
      endpointSetting: z.optional(z.string()),
      keySetting: z.optional(z.string()),
      subscriptions: z.array(subscription),
    }),
  ),
});

/** What surrounds a hub: its routes, the Event Hubs that they write to, a topic and its subscriptions. */
export type Topology = z.infer<typeof topologySchema>;
export type EventHubDefinition = z.infer<typeof eventHub>;
export type TopicDefinition = NonNullable<Topology['topic']>;
export type SubscriptionDefinition = z.infer<typeof subscription>;

/** A hub without routes. */
export const emptyTopology: Topology = { routes: [], eventHubs: { hubs: [] } };

/**
 * Reads a topology; members that it does not know are for other readers of the same file.
 *
 * @throws Error that names the place of what is wrong.
 */
export function parseTopology(value: unknown): Topology {
  const { success, data, error } = topologySchema.safeParse(value, { error: z.locales.en().localeError });
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new Error(`The topology is not valid: ${faults.join('; ')}`);
  }
  const unknown = data.routes.find((each) => !data.eventHubs.hubs.some((hub) => hub.name === each.eventHub));
  if (unknown) throw new Error(`The route '${unknown.name}' leads to the unknown Event Hub '${unknown.eventHub}'.`);
  return data;
}
