import { parsePropertyBag } from '../topics/propertyBag';
import type { DeviceMessage } from './deviceMessage';

/** Longest message from a device, in bytes. */
const maxMessageBytes = 256 * 1024;

/**
 * Hands a message of the device to the hub. What the hub does not do with it, it tells in a property: it retains nothing,
 * and a will comes as any other message.
 *
 * @returns when it was taken, where it must wait: MQTT has no word to refuse it.
 * @throws Error for a message that is too large, or whose property bag is broken.
 */
export function takeTelemetry({ door, connection, rest, payload, retain }: DeviceMessage): void | Promise<void> {
  if (payload.length > maxMessageBytes) throw new Error(`a message may hold ${maxMessageBytes} bytes at most`);
  const properties = {
    ...parsePropertyBag(rest),
    ...(retain ? { 'mqtt-retain': 'true' } : {}),
    // A connection that is over can publish nothing but the will that it left.
    ...(connection.closed ? { 'iothub-MessageType': 'Will' } : {}),
  };
  const { id } = connection;
  const take = () => door.hub.telemetry(id, properties, payload);
  const turn = door.gate.takeTelemetry(payload.length);
  return turn ? turn.then(take) : take();
}
