import rhea from 'rhea';
import { entry } from '../amqp/message/amqpValues';
import { type EventMessage, withProperties } from '../amqp/message/eventMessage';
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

/** Where the system properties of a routed message stand in AMQP: the properties of the message, else annotations. */
const amqpProperties: Readonly<Record<string, string>> = {
  'message-id': 'message_id',
  'correlation-id': 'correlation_id',
  'user-id': 'user_id',
  to: 'to',
  'content-type': 'content_type',
  'content-encoding': 'content_encoding',
};

/** What came over AMQP is kept as it is; the hub adds its own annotations, and enrichments. */
function toEventMessage(message: RoutedMessage, enrichments: Record<string, string>): EventMessage {
  const event = message.encoded ? withProperties(message.encoded, enrichments) : encode(message, enrichments);
  const own = Object.entries(message.systemProperties).filter(([name]) => amqpProperties[name] === undefined);
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
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(systemProperties)) {
    const property = amqpProperties[name];
    if (property) properties[property] = property === 'user_id' ? Buffer.from(String(value)) : value;
  }
  const rest = rhea.message.encode({
    ...properties,
    body: rhea.message.data_section(body),
    application_properties: { ...applicationProperties, ...enrichments },
  });
  return { header: Buffer.alloc(0), annotations: new Map(), rest };
}
