import type { Client } from 'aedes';
import type { QoS } from 'mqtt-packet';

/** Answers to twin requests. */
export const responseFilter = '$iothub/twin/res/#';

/** Changes of desired properties. */
export const desiredFilter = '$iothub/twin/PATCH/properties/desired/#';

/** Whether the hub offers a subscription to a device. Direct methods and messages to devices are never sent yet. */
export function isOffered(deviceId: string, filter: string): boolean {
  return [
    responseFilter,
    desiredFilter,
    '$iothub/methods/POST/#',
    `devices/${deviceId}/messages/devicebound/#`,
  ].includes(filter);
}

/** Sends JSON to one device, if it subscribed, with the quality of service that it asked for. */
export function deliver(client: Client, filter: string, topic: string, payload?: unknown): void {
  // The broker keeps what a client subscribed to; its types do not tell.
  const { subscriptions } = client as Client & { subscriptions: Readonly<Record<string, { qos: QoS } | undefined>> };
  const subscription = subscriptions[filter];
  if (!subscription) return;
  const text = payload === undefined ? '' : JSON.stringify(payload);
  const qos = subscription.qos === 0 ? 0 : 1;
  // The callback must be there, whatever the broker's types say. A failure ends the connection, which is told elsewhere.
  client.publish({ cmd: 'publish', topic, payload: text, qos, dup: false, retain: false }, () => {});
}
