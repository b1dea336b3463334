import { entry, nothing, text } from '../amqp/message/amqpValues';
import { type EventMessage, newMessage, withProperties } from '../amqp/message/eventMessage';
import { idOf } from '../hub/identity';
import { compilePath } from '../query';
import type { JsonObject, RoutedMessage, RouteSource } from '../service/types';
import { type Condition, compileCondition } from './condition';
import type { EventHub } from './eventHub';
import { builtInEventHub, type Enrichment, type Topology } from './topology';

export interface RoutingOptions {
  hubName: string;
  topology: Topology;
  /** By their names in the topology. */
  hubs: ReadonlyMap<string, EventHub>;
  /** The twin of a device or module as it is now; undefined where there is none. */
  twin: (id: string) => JsonObject | undefined;
}

/**
 * The routes of a hub. A message goes to the Event Hubs of the routes whose condition it meets: once to each, however many
 * routes lead there. Telemetry that no route takes follows the fallback route. All messages of a device go to one
 * partition, in order.
 */
export class Routing {
  readonly #routes: { source: RouteSource; condition: Condition; eventHub: string }[];

  constructor(private readonly options: RoutingOptions) {
    this.#routes = options.topology.routes
      .filter(({ isEnabled }) => isEnabled)
      .map(({ source, condition, eventHub }) => ({ source, condition: compileCondition(condition), eventHub }));
  }

  /** Those whose messages go anywhere. */
  get sources(): RouteSource[] {
    const { fallbackRoute } = this.options.topology;
    return [...this.#routes.map(({ source }) => source), ...(fallbackRoute ? (['DeviceMessages'] as const) : [])];
  }

  route(message: RoutedMessage): void {
    const twin = () => this.options.twin(idOf(message));
    for (const name of this.#targets(message, twin)) {
      const enrichments = this.options.topology.enrichments.filter(({ eventHubs }) => eventHubs.includes(name));
      const added = Object.fromEntries(enrichments.flatMap((each) => this.#enrich(each, twin)));
      this.options.hubs.get(name)?.append(toEventMessage(message, added), message.deviceId);
    }
  }

  #targets(message: RoutedMessage, twin: () => JsonObject | undefined): Set<string> {
    const met = this.#routes.filter(({ source, condition }) => source === message.source && condition(message, twin));
    const targets = new Set(met.map(({ eventHub }) => eventHub));
    const isFallback = this.options.topology.fallbackRoute && message.source === 'DeviceMessages';
    if (isFallback && targets.size === 0) targets.add(builtInEventHub);
    return targets;
  }

  /** The property that an enrichment adds; none where the twin lacks what it names. */
  #enrich({ key, value }: Enrichment, twin: () => JsonObject | undefined): [string, string][] {
    if (value.toLowerCase() === '$iothubname') return [[key, this.options.hubName]];
    if (!value.startsWith('$twin.')) return [[key, value]];
    const found = compilePath({ kind: 'path', names: value.split('.').slice(1) })(twin() ?? {});
    if (found === undefined || found === null) return [];
    return [[key, typeof found === 'string' ? found : JSON.stringify(found)]];
  }
}

/**
 * The properties of a message that a hub sets, in their order (AMQP 1.0, 3.2.4), with the codes of their types; null where
 * it sets none. Other system properties are annotations.
 */
const amqpProperties = {
  'message-id': 0xa1,
  'user-id': 0xa0,
  to: 0xa1,
  subject: undefined,
  'reply-to': undefined,
  'correlation-id': 0xa1,
  'content-type': 0xa3,
  'content-encoding': 0xa3,
};

/** What came over AMQP is kept as it is; the hub adds its own annotations, and enrichments. */
function toEventMessage(message: RoutedMessage, enrichments: Record<string, string>): EventMessage {
  const event = message.encoded ? withProperties(message.encoded, enrichments) : encode(message, enrichments);
  const own = Object.entries(message.systemProperties).filter(([name]) => !(name in amqpProperties));
  const annotations = own.map(([name, value]): [string, Buffer] => [
    name,
    entry(name, name === 'iothub-enqueuedtime' ? { timestamp: Number(value) } : { string: String(value) }),
  ]);
  return { ...event, annotations: new Map([...event.annotations, ...annotations]) };
}

function encode(
  { body, applicationProperties, systemProperties }: RoutedMessage,
  enrichments: Record<string, string>,
): EventMessage {
  const fields = Object.entries(amqpProperties).map(([name, code]) => {
    const value = systemProperties[name];
    return code === undefined || value === undefined ? nothing : text(code, String(value));
  });
  return newMessage(fields, { ...applicationProperties, ...enrichments }, body);
}
