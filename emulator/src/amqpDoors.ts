import { AmqpServer, type AmqpServerOptions, maxMessageBytes } from './amqp/server';
import type { EventNodes } from './events/amqp/eventNodes';
import type { DeviceOptions } from './hubAmqp/deviceOptions';
import { hubElsewhere } from './hubAmqp/hubElsewhere';
import { HubNodes } from './hubAmqp/hubNodes';
import type { AccessControl } from './security/accessControl';
import { clientCertificate } from './security/clientCertificate';
import type { Certificates } from './state/makeCertificates';
import { isTaken, type Listening } from './wire/listen';
import type { Subprotocol } from './wire/webSockets';

/** Where AMQP is spoken, and about what. */
export interface AmqpDoorsOptions extends DeviceOptions {
  access: AccessControl;
  events: EventNodes;
  bind: string;
  certificates: Certificates;
  /** PEM of authorities whose certificates devices may show. */
  trustedCas: readonly string[];
  /** Of the door that is for Event Hubs alone, and whether that speaks TLS. */
  port: number;
  tls: boolean;
  /** Of the door with TLS, for all. Where absent it is the usual one, and there is no such door where another has it. */
  tlsPort: number | undefined;
}

/** The doors over AMQP, and their ports. */
export interface AmqpDoors {
  port: number;
  tlsPort: number | undefined;
  /** The same as behind the door with TLS, over WebSocket. */
  webSocket: Subprotocol;
  stop(): Promise<void>;
}

const usualTlsPort = 5671;

/** Opens the doors over AMQP: one for Event Hubs, as the official emulator of those, and one for all with TLS. */
export async function openAmqpDoors(options: AmqpDoorsOptions): Promise<AmqpDoors> {
  const { events, bind, certificates, trustedCas, port, tlsPort, log } = options;
  const hubNodes = new HubNodes(options);
  const tls = { key: certificates.key, cert: certificates.cert, ca: trustedCas };
  const parts: { stop(): Promise<void> | void }[] = [hubNodes];
  const serverOf = (families: AmqpServerOptions['families']) => {
    const server = new AmqpServer({ families, log });
    parts.push(server);
    return server;
  };
  const plain = serverOf([hubElsewhere, events]);
  const secure = serverOf([hubNodes, events]);
  const stop = async () => {
    for (const part of parts.reverse()) await part.stop();
  };
  try {
    const what = `Event Hubs (--amqp-port ${port})`;
    const plainDoor = await plain.listen({ bind, port, tls: options.tls ? tls : undefined, what });
    parts.push(plainDoor);
    const secureDoor = await listenForAll(secure, tls, tlsPort, { bind, log });
    if (secureDoor) parts.push(secureDoor);
    const webSocket: Subprotocol = {
      name: 'AMQPWSB10',
      maxPayload: maxMessageBytes,
      accept: (stream, socket) => secure.accept(stream, () => clientCertificate(socket)),
    };
    return { port: plainDoor.port, tlsPort: secureDoor?.port, webSocket, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nobody may have asked for this door: then it is no reason not to start. */
async function listenForAll(
  server: AmqpServer,
  tls: { key: string; cert: string; ca: readonly string[] },
  tlsPort: number | undefined,
  { bind, log }: Pick<AmqpDoorsOptions, 'bind' | 'log'>,
): Promise<Listening | undefined> {
  const port = tlsPort ?? usualTlsPort;
  try {
    return await server.listen({ bind, port, tls, what: `AMQP (--amqps-port ${port})` });
  } catch (error) {
    if (tlsPort !== undefined || !isTaken(error)) throw error;
    log(`AMQP: port ${port} is taken, so devices and services have none; --amqps-port chooses another one.`);
    return undefined;
  }
}
