import type { Client } from 'aedes';
import { subscribedQos } from './subscriptions';

/** Sends JSON to one device, if it subscribed, with the quality of service that it asked for. */
export function deliver(client: Client, filter: string, topic: string, payload?: unknown): void {
  const qos = subscribedQos(client, filter);
  if (qos === undefined) return;
  const text = payload === undefined ? '' : JSON.stringify(payload);
  // The callback must be there, whatever the broker's types say. A failure ends the connection, which is told elsewhere.
  client.publish({ cmd: 'publish', topic, payload: text, qos, dup: false, retain: false }, () => {});
}
