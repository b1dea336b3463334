import type { Packet } from 'mqtt-packet';
import type { Connection } from './connection';
import { connect } from './control/connect';
import { publish } from './control/publish';
import { subscribe, unsubscribe } from './control/subscribe';
import type { DeviceDoor } from './deviceDoor';

/**
 * Gives a packet to who handles its kind.
 *
 * @throws Error for what a connection ends for (MQTT 3.1.1, section 4.8).
 */
export function dispatch(connection: Connection, packet: Packet, door: DeviceDoor): void {
  // [MQTT-3.1.0-1]
  if (!connection.session && packet.cmd !== 'connect') throw new Error('its first packet is no CONNECT');
  switch (packet.cmd) {
    case 'connect':
      connect(connection, packet, door);
      break;
    case 'publish':
      publish(connection, packet, door);
      break;
    case 'subscribe':
      subscribe(connection, packet, door);
      break;
    case 'unsubscribe':
      unsubscribe(connection, packet, door);
      break;
    case 'pingreq':
      connection.send({ cmd: 'pingresp' });
      break;
    case 'puback':
      connection.acknowledge(packet.messageId ?? 0);
      break;
    case 'disconnect':
      connection.leave();
      break;
    default:
      throw new Error(`a device may not send ${packet.cmd.toUpperCase()}`);
  }
}
