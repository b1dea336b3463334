import type { Hub } from '../hub/hub';
import type { RoutedMessage } from '../hub/types';
import type { Handler } from '../rest/httpsServer';
import { startAmqp } from './amqp/server';
import { Topic } from './eventGrid/topic';
import { EventHub } from './eventHub';
import { routeMessage } from './routing';
import type { Topology } from './topology';

export interface EventsOptions {
  hub: Hub;
  topology: Topology;
  bind: string;
  amqpPort: number;
  keys: { eventHubs: string; topic: string };
  /** Base URL of the functions that subscriptions name. */
  functionsUrl: string;
  /** Factor on the waits between attempts to deliver. */
  retryScale: number;
  log: (line: string) => void;
}

/** The running event side of a hub. */
export interface EventsEndpoints {
  amqpPort: number;
  /** Takes requests for topics. */
  handle: Handler;
  stop(): Promise<void>;
}

/** Starts what surrounds a hub: its routes, their Event Hubs, the topic and its subscriptions. */
export async function startEvents(options: EventsOptions): Promise<EventsEndpoints> {
  const { hub, topology, bind, amqpPort, keys, functionsUrl, retryScale, log } = options;
  const hubs = new Map(topology.eventHubs.hubs.map((definition) => [definition.name, new EventHub(definition)]));
  const topic = topology.topic && new Topic(topology.topic, keys.topic, { functionsUrl, retryScale, log });
  const amqp = await startAmqp({ hubs, key: keys.eventHubs, bind, port: amqpPort, log });
  const route = (message: RoutedMessage) => routeMessage(message, topology.routes, hubs);
  hub.events.on('message', route);
  return {
    amqpPort: amqp.port,
    handle: (request, response) => topic?.handle(request, response) ?? false,
    async stop() {
      hub.events.off('message', route);
      const dropped = topic?.stop() ?? 0;
      if (dropped > 0) log(`Event Grid: ${dropped} deliveries were given up`);
      await amqp.stop();
    },
  };
}
