import * as z from 'zod/mini';
import { QueryError } from '../query/queryError';
import { compileCondition } from './condition';
import { filterSchema } from './eventGrid/filter';
import { describeFault } from './topologyFaults';

const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const positive = z.int().check(z.positive());

/** A message route of the hub. */
const route = z.object({
  name,
  source: z.enum(['DeviceMessages', 'TwinChangeEvents', 'DeviceLifecycleEvents', 'DeviceConnectionStateEvents']),
  /** A routing query; `true` takes every message of the source. */
  condition: z.string(),
  /** An Event Hub of `eventHubs`, or {@link builtInEventHub}. */
  eventHub: name,
  isEnabled: z._default(z.boolean(), true),
});

/** Adds an application property to what goes to some Event Hubs. */
const enrichment = z.object({
  key: z.string().check(z.minLength(1)),
  /** Text, `$iothubname`, or a path into the twin: `$twin.tags.site`, `$twin.properties.reported.level`. */
  value: z.string(),
  eventHubs: z.array(name),
});

const eventHub = z.object({
  name,
  partitionCount: positive.check(z.maximum(32)),
  retentionHours: positive.check(z.maximum(168)),
  consumerGroups: z.array(name),
});

const subscription = z.extend(filterSchema, {
  name,
  /** The function that takes the events; or the URL of a webhook. */
  function: z.optional(z.string()),
  webhook: z.optional(z.url()),
  /** Events of one delivery at most, and about how many kilobytes of them. */
  maxEventsPerBatch: z._default(positive.check(z.maximum(5000)), 1),
  preferredBatchSizeInKilobytes: z._default(positive.check(z.maximum(1024)), 64),
  maxDeliveryAttempts: z._default(positive.check(z.maximum(30)), 30),
  eventTimeToLiveInMinutes: z._default(positive.check(z.maximum(1440)), 1440),
});

const builtIn = z.object({
  partitionCount: z._default(positive.check(z.maximum(32)), 4),
  retentionHours: z._default(positive.check(z.maximum(168)), 24),
  consumerGroups: z._default(z.array(name), []),
});

const topologySchema = z.object({
  routes: z._default(z.array(route), []),
  /** Whether telemetry that no route takes goes to the built-in endpoint. */
  fallbackRoute: z._default(z.boolean(), true),
  /** The built-in endpoint `messages/events`. */
  builtInEndpoint: z._default(builtIn, { partitionCount: 4, retentionHours: 24, consumerGroups: [] }),
  /** At most ten, as the service allows. */
  enrichments: z._default(z.array(enrichment).check(z.maxLength(10)), []),
  /** An Event Hubs namespace, and the setting of an app that holds its connection string. */
  eventHubs: z._default(z.object({ connectionSetting: z.optional(z.string()), hubs: z.array(eventHub) }), { hubs: [] }),
  /** An Event Grid topic, and the settings of an app that hold its endpoint and key. */
  topic: z.optional(
    z.object({
      name,
      inputSchema: z._default(z.enum(['CloudEventSchemaV1_0', 'EventGridSchema']), 'CloudEventSchemaV1_0'),
      endpointSetting: z.optional(z.string()),
      keySetting: z.optional(z.string()),
      subscriptions: z.array(subscription),
    }),
  ),
  /** Who hears of the hub's own events: devices created, deleted, connected, disconnected. In the Event Grid schema. */
  systemTopic: z.optional(z.object({ subscriptions: z.array(subscription) })),
});

/** What surrounds a hub: its routes, the Event Hubs that they write to, a topic and its subscriptions. */
export type Topology = z.infer<typeof topologySchema>;
export type Enrichment = z.infer<typeof enrichment>;
export type EventHubDefinition = z.infer<typeof eventHub>;
export type TopicDefinition = NonNullable<Topology['topic']>;
export type SubscriptionDefinition = z.infer<typeof subscription>;

/** A hub without routes. */
export const emptyTopology: Topology = topologySchema.parse({});

/** The name by which routes and enrichments mean the built-in endpoint. */
export const builtInEventHub = 'events';

/**
 * The topology with routes switched on that it has switched off.
 *
 * @throws Error where it has no route of such a name.
 */
export function withRoutes(topology: Topology, enabled: readonly string[]): Topology {
  const unknown = enabled.find((name) => !topology.routes.some((route) => route.name === name));
  if (unknown !== undefined) throw new Error(`The topology has no route '${unknown}' to switch on.`);
  const routes = topology.routes.map((route) => (enabled.includes(route.name) ? { ...route, isEnabled: true } : route));
  return { ...topology, routes };
}

/**
 * Reads a topology; members that it does not know are for other readers of the same file.
 *
 * @throws Error that names the place of what is wrong.
 */
export function parseTopology(value: unknown): Topology {
  const { success, data, error } = topologySchema.safeParse(value, { error: describeFault });
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new Error(`The topology is not valid: ${faults.join('; ')}`);
  }
  const known = new Set([builtInEventHub, ...data.eventHubs.hubs.map((hub) => hub.name)]);
  for (const { name: routeName, eventHub: target, condition } of data.routes) {
    if (!known.has(target)) throw new Error(`The route '${routeName}' leads to the unknown Event Hub '${target}'.`);
    checkCondition(routeName, condition);
  }
  const subscriptions = [...(data.topic?.subscriptions ?? []), ...(data.systemTopic?.subscriptions ?? [])];
  const aimless = subscriptions.find((each) => (each.function === undefined) === (each.webhook === undefined));
  if (aimless) throw new Error(`The subscription '${aimless.name}' needs a function or a webhook, one of them.`);
  const astray = data.enrichments.find(({ eventHubs }) => !eventHubs.every((each) => known.has(each)));
  if (astray) throw new Error(`The enrichment '${astray.key}' names an unknown Event Hub.`);
  return data;
}

function checkCondition(route: string, condition: string): void {
  try {
    compileCondition(condition);
  } catch (error) {
    if (error instanceof QueryError) throw new Error(`The condition of the route '${route}': ${error.message}`);
    throw error;
  }
}
