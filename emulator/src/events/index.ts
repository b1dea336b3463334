import { builtInEntityPath } from '../hub/messages';
import type { Hub } from '../iotHub';
import type { Handler } from '../rest/httpsServer';
import type { PolicyKeys } from '../security/accessControl';
import type { RoutedMessage } from '../service/types';
import { EventNodes } from './amqp/eventNodes';
import { SystemTopic } from './eventGrid/systemTopic';
import { Topic } from './eventGrid/topic';
import { EventHub } from './eventHub';
import { Routing } from './routing';
import { builtInEventHub, type Topology } from './topology';

export interface EventsOptions {
  hub: Hub;
  topology: Topology;
  keys: { eventHubs: string; topic: string; policies: PolicyKeys };
  /** Base URL of the functions that subscriptions name. */
  functionsUrl: string;
  /** Factor on the waits between attempts to deliver. */
  retryScale: number;
  /** Where events are put aside that cannot be delivered. */
  deadLetterDir: string | undefined;
  log: (line: string) => void;
}

/** The running event side of a hub. */
export interface EventsEndpoints {
  /** What clients of Event Hubs find over AMQP. */
  nodes: EventNodes;
  /** Takes requests for topics. */
  handle: Handler;
  stop(): Promise<void>;
}

/** Starts what surrounds a hub: its routes, their Event Hubs, the topic and its subscriptions. */
export function startEvents(options: EventsOptions): EventsEndpoints {
  const { hub, topology, keys, functionsUrl, retryScale, deadLetterDir, log } = options;
  const builtIn = new EventHub({ name: builtInEntityPath(hub.name), ...topology.builtInEndpoint });
  const own = topology.eventHubs.hubs.map((definition) => [definition.name, new EventHub(definition)] as const);
  const routing = new Routing({
    hubName: hub.name,
    topology,
    hubs: new Map([...own, [builtInEventHub, builtIn]]),
    twin: (id) => hub.findTwin(id),
  });
  // Clients dial the built-in endpoint by its Event Hub-compatible name.
  const hubs = new Map([...own, [builtIn.name, builtIn]]);
  const delivery = { functionsUrl, retryScale, log, deadLetterDir };
  const topic = topology.topic && new Topic(topology.topic, keys.topic, delivery);
  const systemTopic = new SystemTopic(hub.name, topology.systemTopic?.subscriptions ?? [], delivery);
  const route = (message: RoutedMessage) => {
    routing.route(message);
    systemTopic.take(message);
  };
  hub.events.want([...routing.sources, ...systemTopic.sources]);
  hub.events.on('message', route);
  return {
    nodes: new EventNodes(hubs, keys, builtIn),
    handle: (...request) => topic?.handle(...request) ?? false,
    async stop() {
      hub.events.off('message', route);
      const dropped = (topic?.stop() ?? 0) + systemTopic.stop();
      if (dropped > 0) log(`Event Grid: ${dropped} deliveries were given up`);
    },
  };
}
