import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { Hub } from '../hub/hub';
import { listen } from '../listen';
import type { AccessControl } from '../security/accessControl';
import type { Certificates } from '../state/certificates';
import { checkConnect, refusal } from './connect';
import { Connections } from './connections';
import { isOffered } from './deliveries';
import { receive } from './receive';

export interface MqttOptions {
  hub: Hub;
  access: AccessControl;
  bind: string;
  port: number;
  certificates: Certificates;
  log: (line: string) => void;
}

/**
 * Starts the door for devices: MQTT 3.1.1 over TLS (Azure IoT Hub, "Communicate with an IoT hub using the MQTT
 * protocol"). Nothing passes from one device to another: what a device publishes goes to the hub, and what the hub tells
 * goes to the one device.
 */
export async function startMqtt({ hub, access, bind, port, certificates, log }: MqttOptions) {
  const connections = new Connections(hub);
  const broker = await Aedes.createBroker({
    preConnect(_, packet, done) {
      checkConnect(packet);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      try {
        connections.admit(client, access.admit(hub, client.id, String(password ?? '')), username);
        done(null, true);
      } catch (error) {
        log(`MQTT: refused '${client.id}'`);
        done(refusal(error), false);
      }
    },
    authorizePublish(client, packet, done) {
      try {
        if (client) receive(hub, client, packet);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    authorizeSubscribe: (client, subscription, done) =>
      done(null, isOffered(client.id, subscription.topic) ? subscription : null),
  });
  broker.on('client', (client) => connections.opened(client));
  broker.on('clientDisconnect', (client) => connections.closed(client));
  broker.on('clientError', (client, error) => log(`MQTT: '${client.id}' disconnected: ${error.message}`));

  const { cert, key } = certificates;
  const server = createServer({ cert, key }, (socket) => broker.handle(socket));
  await listen(() => server.listen(port, bind), `MQTT (--mqtt-port ${port})`);
  return {
    port: (server.address() as AddressInfo).port,
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => broker.close(resolve));
      await closed;
    },
  };
}
