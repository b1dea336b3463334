import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet';
import type { Connection, Subscription } from '../connection';
import type { DeviceDoor } from '../deviceDoor';
import { offered } from '../topics/topics';

/** Most subscriptions that a device has at a time (Azure IoT Hub, "Understand and invoke direct methods"). */
const maxSubscriptions = 5;

/** What a SUBACK says of a filter that is not granted. */
const failure = 0x80;

/** Grants what the hub offers: at QoS 1 where 2 is asked for, as the hub does. */
export function subscribe(connection: Connection, packet: ISubscribePacket, door: DeviceDoor): void {
  // [MQTT-3.8.3-3]
  if (packet.subscriptions.length === 0) throw new Error('it sent a SUBSCRIBE without a filter');
  let subscriptions = connection.session?.subscriptions ?? [];
  const granted = packet.subscriptions.map(({ topic: filter, qos }) => {
    const topic = offered(connection.id, filter);
    const others = subscriptions.filter((each) => each.topic !== topic);
    if (topic === undefined || others.length >= maxSubscriptions) return failure;
    const subscription: Subscription = { topic, qos: qos === 0 ? 0 : 1 };
    subscriptions = [...others, subscription];
    return subscription.qos;
  });
  const done = () => connection.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
  door.change(connection, subscriptions, done);
}

/** Ends subscriptions; to end one that is not there is fine. */
export function unsubscribe(connection: Connection, packet: IUnsubscribePacket, door: DeviceDoor): void {
  // [MQTT-3.10.3-2]
  if (packet.unsubscriptions.length === 0) throw new Error('it sent an UNSUBSCRIBE without a filter');
  const subscriptions = connection.session?.subscriptions ?? [];
  const left = subscriptions.filter(({ topic }) => !packet.unsubscriptions.includes(topic));
  // MQTT 3.1.1 says no more than that they are over.
  const done = () => connection.send({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] });
  door.change(connection, left, done);
}
