import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { generate, type Packet, parser } from 'mqtt-packet';

export interface MqttAddress {
  port: number;
  ca: string;
  clientId: string;
  username?: string;
  password?: string;
}

/** A client of a few lines, so that what is measured is the server: no retries, no queue. */
export class MqttClient {
  onPacket: (packet: Packet) => void = () => {};
  onClose: () => void = () => {};

  private constructor(private readonly socket: TLSSocket) {}

  /** @throws Error where the server does not accept the connection. */
  static async connect({ port, ca, clientId, username, password }: MqttAddress): Promise<MqttClient> {
    const socket = connect({ port, host: 'localhost', ca }).setNoDelay(true);
    await once(socket, 'secureConnect');
    const client = new MqttClient(socket);
    const packets = parser();
    packets.on('packet', (packet: Packet) => client.onPacket(packet));
    socket.on('data', (chunk) => packets.parse(chunk)).on('close', () => client.onClose());
    client.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
    });
    const connack = await client.next('connack');
    if (Object(connack).returnCode !== 0) throw new Error(`${clientId}: CONNACK ${Object(connack).returnCode}`);
    return client;
  }

  send(packet: Packet): void {
    this.socket.write(generate(packet));
  }

  /** The next packet of a kind; what comes before it is passed over. */
  next(cmd: Packet['cmd']): Promise<Packet> {
    return new Promise((resolve, reject) => {
      this.onClose = () => reject(new Error('The server closed the connection.'));
      this.onPacket = (packet) => {
        if (packet.cmd === cmd) resolve(packet);
      };
    });
  }

  async subscribe(topic: string, qos: 0 | 1): Promise<void> {
    const answer = this.next('suback');
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] } as Packet);
    await answer;
  }

  end(): void {
    this.socket.destroy();
  }
}
