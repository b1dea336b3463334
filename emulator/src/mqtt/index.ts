import { createServer } from 'node:tls';
import type { Hub } from '../iotHub';
import type { Gate } from '../limits/gate';
import type { AccessControl } from '../security/accessControl';
import { clientCertificate } from '../security/clientCertificate';
import type { Certificates } from '../state/makeCertificates';
import type { Store } from '../store/store';
import { type Listening, listen } from '../wire/listen';
import { patienceMs } from '../wire/lobby';
import type { Subprotocol } from '../wire/webSockets';
import { maxPacketBytes } from './connection';
import { Door } from './door';

export interface MqttOptions {
  hub: Hub;
  access: AccessControl;
  gate: Gate;
  bind: string;
  port: number;
  certificates: Certificates;
  /** PEM of authorities whose certificates devices may show. */
  trustedCas: readonly string[];
  /** Where sessions outlive the process; in memory only where absent. */
  store?: Store | undefined;
  log: (line: string) => void;
}

/** The door for devices, and its port. */
export interface Mqtt extends Listening {
  /** The same over WebSocket. */
  webSocket: Subprotocol;
}

/**
 * Starts the door for devices: MQTT 3.1.1 over TLS (Azure IoT Hub, "Communicate with an IoT hub using the MQTT
 * protocol"). A device may show a certificate; whether it is good enough is decided at its CONNECT.
 */
export async function startMqtt({ bind, port, certificates, trustedCas, ...rest }: MqttOptions): Promise<Mqtt> {
  const door = new Door(rest);
  const { cert, key } = certificates;
  const asking = { requestCert: true, rejectUnauthorized: false, ca: [...trustedCas] };
  // Answers are small: held back to be sent together, each would wait for the client's delayed acknowledgement.
  const server = createServer({ cert, key, ...asking, noDelay: true, handshakeTimeout: patienceMs }, (socket) => {
    door.accept(socket, () => clientCertificate(socket));
  });
  const listening = await listen(() => server.listen(port, bind), `MQTT (--mqtt-port ${port})`);
  return {
    port: listening.port,
    webSocket: {
      name: 'mqtt',
      maxPayload: maxPacketBytes,
      accept: (stream, socket) => door.accept(stream, () => clientCertificate(socket)),
    },
    async stop() {
      door.stop();
      await listening.stop();
    },
  };
}
