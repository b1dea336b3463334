import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { Hub } from '../hub/hub';
import { type Listening, listen } from '../listen';
import type { AccessControl } from '../security/accessControl';
import type { Certificates } from '../state/certificates';
import { checkConnect, refusal } from './connect';
import { Connections } from './connections';
import { receive } from './receive';
import { limitSubscriptions } from './subscriptions';
import { isOffered } from './topics';

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
export async function startMqtt(options: MqttOptions): Promise<Listening> {
  const { hub, access, bind, port, certificates, log } = options;
  const connections = new Connections(hub);
  const broker = new Aedes({
    preConnect(client, packet, done) {
      limitSubscriptions(client, packet.clientId);
      const error = errorOf(() => checkConnect(packet));
      done(error, !error);
    },
    authenticate(client, username, password, done) {
      const admit = () => connections.admit(client, access.admit(hub, client.id, String(password ?? '')), username);
      const error = errorOf(admit);
      done(error && refusal(error), !error);
    },
    authorizePublish: (client, packet, done) => done(client && errorOf(() => receive(client, packet, options))),
    authorizeSubscribe: (client, subscription, done) =>
      done(null, isOffered(client.id, subscription.topic) ? subscription : null),
  });
  broker.on('client', (client) => connections.opened(client));
  broker.on('clientDisconnect', (client) => connections.closed(client));
  broker.on('clientError', (client, error) => log(`MQTT: '${client.id}' disconnected: ${error.message}`));
  broker.on('connectionError', (_, error) => log(`MQTT: a connection failed: ${error.message}`));

  const { cert, key } = certificates;
  // Answers are small: held back to be sent together, each would wait for the client's delayed acknowledgement.
  const server = createServer({ cert, key, noDelay: true }, (socket) => broker.handle(socket));
  const listening = await listen(() => server.listen(port, bind), `MQTT (--mqtt-port ${port})`);
  // Not before: the broker's timers would outlive a port that is taken.
  await broker.listen();
  return {
    port: listening.port,
    async stop() {
      await new Promise<void>((resolve) => broker.close(resolve));
      await listening.stop();
    },
  };
}

/** What a step failed with, if it did: the broker takes errors by callback. */
function errorOf(step: () => void): Error | null {
  try {
    step();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
