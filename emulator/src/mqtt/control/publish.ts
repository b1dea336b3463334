import type { IPublishPacket } from 'mqtt-packet';
import type { Connection, Will } from '../connection';
import type { DeviceDoor } from '../deviceDoor';
import { answerMethod } from '../handlers/answerMethod';
import type { DeviceMessage } from '../handlers/deviceMessage';
import { getTwin } from '../handlers/getTwin';
import { patchReported } from '../handlers/patchReported';
import { takeTelemetry } from '../handlers/takeTelemetry';
import { getTwinTopic, methodResponseTopic, patchReportedTopic, telemetryTopic } from '../topics/topics';

const handlers: readonly { topic: (id: string) => string; handle: (message: DeviceMessage) => void | Promise<void> }[] =
  [
    { topic: () => getTwinTopic, handle: getTwin },
    { topic: () => patchReportedTopic, handle: patchReported },
    { topic: telemetryTopic, handle: takeTelemetry },
    { topic: () => methodResponseTopic, handle: answerMethod },
  ];

/**
 * Gives what a device published to its handler, by its topic. Nothing is kept for later subscribers, whatever its RETAIN.
 *
 * @throws Error for what the hub ends the connection for: quality of service 2, a topic that is not the device's.
 */
export function publish(connection: Connection, packet: IPublishPacket, door: DeviceDoor): void {
  const { topic, qos, retain, messageId, payload } = packet;
  if (qos === 2) throw new Error('QoS 2 is not supported');
  // [MQTT-3.3.2-2]
  if (/[#+]/.test(topic)) throw new Error('it published to a topic with a wildcard');
  const handler = handlers.find((each) => topic.startsWith(each.topic(connection.id)));
  if (!handler) throw new Error(`a device may not publish to '${topic}'`);
  const rest = topic.slice(handler.topic(connection.id).length);
  const taken = handler.handle({ door, connection, rest, payload: Buffer.from(payload), retain });
  const acknowledge = () => {
    if (qos === 1) connection.send({ cmd: 'puback', messageId: messageId ?? 0 });
  };
  if (!taken) acknowledge();
  else void connection.work(() => taken.then(acknowledge, (error: Error) => connection.close(error)));
}

/** Sends the will of a connection that broke: as telemetry of its device. */
export async function publishWill(
  connection: Connection,
  { topic, payload, retain }: Will,
  door: DeviceDoor,
): Promise<void> {
  await takeTelemetry({ door, connection, rest: topic.slice(telemetryTopic(connection.id).length), payload, retain });
}
