import { once } from 'node:events';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { IotHub } from 'iot-hub-emulator';
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubackPacket,
  type Packet,
  parser,
} from 'mqtt-packet';
import { keyOf, signSas } from './sas';

/** A device that speaks in packets: for what the SDK hides. */
export class MqttPeer {
  /** Resolves when the hub has ended the connection. */
  readonly closed: Promise<unknown>;
  readonly #socket: TLSSocket;
  readonly #packets: AsyncIterator<Packet>;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    // A reset is one way to end it.
    socket.on('error', () => {});
    this.#packets = packetsOf(socket);
  }

  /** @param shown a certificate to show */
  static async dial(hub: IotHub, shown: Pick<SecureContextOptions, 'cert' | 'key'> = {}): Promise<MqttPeer> {
    const socket = connect({ port: hub.ports.mqtt, host: 'localhost', ca: hub.caCertificate, ...shown });
    await once(socket, 'secureConnect');
    return new MqttPeer(socket);
  }

  /** Dials and connects as a device or module of the hub; members of the CONNECT may differ from what is right. */
  static async connect(hub: IotHub, id: string, differing: Partial<IConnectPacket> = {}): Promise<MqttPeer> {
    const peer = await MqttPeer.dial(hub);
    peer.connect(id, { password: Buffer.from(tokenOf(hub, id)), ...differing });
    return peer;
  }

  /** Sends a CONNECT, without a password. */
  connect(id: string, differing: Partial<IConnectPacket> = {}): void {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: id,
      keepalive: 60,
      username: `localhost/${id}/?api-version=2021-04-12`,
      ...differing,
    });
  }

  /** Connects as a device or module of the hub, and is let in. */
  static async open(hub: IotHub, id: string, differing: Partial<IConnectPacket> = {}): Promise<MqttPeer> {
    const peer = await MqttPeer.connect(hub, id, differing);
    expect((await peer.receive('connack')).returnCode).toBe(0);
    return peer;
  }

  send(packet: Packet): void {
    this.write(generate(packet));
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Breaks the connection off, without a DISCONNECT. */
  drop(): void {
    this.#socket.destroy();
  }

  /** Disconnects as a device should; resolves when the hub knows. */
  async leave(): Promise<void> {
    this.send({ cmd: 'disconnect' });
    await this.closed;
  }

  /** The next packet, which must be of the kind. */
  async receive<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    const packet = await this.receiveAny();
    expect(packet).toMatchObject({ cmd });
    return packet as Extract<Packet, { cmd: C }>;
  }

  /** The next packet, whatever it is. */
  async receiveAny(): Promise<Packet> {
    return (await this.#packets.next()).value;
  }

  /** Subscribes to one filter; answers the quality of service granted. */
  async subscribe(topic: string, qos: 0 | 1 | 2 = 0): Promise<ISubackPacket['granted'][number] | undefined> {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] });
    return (await this.receive('suback')).granted[0];
  }

  publish(topic: string, payload = '', more: Partial<IPublishPacket> = {}): void {
    this.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, ...more });
  }
}

/** A token of the device's or module's own key. */
export function tokenOf(hub: IotHub, id: string, expiresIn = 60): string {
  const key = keyOf(hub.deviceConnectionString(id));
  return signSas({ key, resource: encodeURIComponent(`localhost/devices/${id.replace('/', '/modules/')}`), expiresIn });
}

async function* packetsOf(socket: TLSSocket): AsyncGenerator<Packet> {
  const read: Packet[] = [];
  const parse = parser();
  parse.on('packet', (packet: Packet) => read.push(packet));
  for await (const bytes of socket) {
    parse.parse(bytes);
    yield* read.splice(0);
  }
}
