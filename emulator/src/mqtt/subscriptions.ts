import type { Client } from 'aedes';
import type { ISubscription, Packet, Parser, QoS } from 'mqtt-packet';
import { isOffered } from './topics';

/** Sees to it that the broker grants and keeps only what the hub offers, whatever a client asks for. */
export function limitSubscriptions(client: Client, deviceId: string): void {
  // The broker takes what a packet asks for before it lets anyone decide: only its parser, a private field, is earlier.
  const { _parser: parser } = client as Client & { _parser: Parser };
  parser.prependListener('packet', (packet: Packet) => {
    if (packet.cmd !== 'subscribe') return;
    for (const subscription of packet.subscriptions) subscription.qos = servedQos(deviceId, subscription);
  });
}

/**
 * The quality of service that a subscription gets: 1 for 2, as the hub grants it; 0 for one that is not offered, because
 * the broker would queue messages of other devices for it even when it was refused.
 */
function servedQos(deviceId: string, { topic, qos }: ISubscription): QoS {
  return isOffered(deviceId, topic) && qos !== 0 ? 1 : 0;
}

/** The quality of service of a client's subscription; `undefined` without one. */
export function subscribedQos(client: Client, filter: string): QoS | undefined {
  // The broker keeps what a client subscribed to; its types do not tell.
  const { subscriptions } = client as Client & { subscriptions: Readonly<Record<string, { qos: QoS } | undefined>> };
  return subscriptions[filter]?.qos;
}
