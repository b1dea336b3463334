import type { Client, PublishPacket } from 'aedes';
import type { DeviceMessage } from './deviceMessage';
import { getTwin } from './handlers/getTwin';
import { patchReported } from './handlers/patchReported';
import { takeTelemetry } from './handlers/takeTelemetry';
import { getTwinTopic, patchReportedTopic, telemetryTopic } from './topics';

const handlers: readonly { topic: (deviceId: string) => string; handle: (message: DeviceMessage) => void }[] = [
  { topic: () => getTwinTopic, handle: getTwin },
  { topic: () => patchReportedTopic, handle: patchReported },
  { topic: telemetryTopic, handle: takeTelemetry },
];

/**
 * Gives what a device published to its handler, by its topic.
 *
 * @throws Error for what the hub ends the connection for: quality of service 2, a topic that is not the device's.
 */
export function receive(client: Client, packet: PublishPacket, { hub, log }: Pick<DeviceMessage, 'hub' | 'log'>): void {
  const { topic, qos, retain } = packet;
  if (qos === 2) throw new Error('QoS 2 is not supported');
  const handler = handlers.find((each) => topic.startsWith(each.topic(client.id)));
  if (!handler) throw new Error(`a device may not publish to '${topic}'`);
  const rest = topic.slice(handler.topic(client.id).length);
  handler.handle({ hub, client, rest, payload: Buffer.from(packet.payload), retain, log });
  // The broker would keep it for later subscribers; the hub never does.
  packet.retain = false;
}
