import type { Duplex } from 'node:stream';
import { generate, type IConnackPacket, type Packet, type Parser, parser, writeToStream } from 'mqtt-packet';
import type { ClientCertificate } from '../security/clientCertificate';
import { writeAtOnce } from '../wire/writeAtOnce';

/** A subscription as it was granted. */
export interface Subscription {
  topic: string;
  qos: 0 | 1;
}

/** What a CONNECT agreed on. */
export interface Session {
  id: string;
  /** Whether its subscriptions end with the connection. */
  clean: boolean;
  subscriptions: readonly Subscription[];
  /** Longest silence, in milliseconds. */
  patienceMs: number;
  /** When its token expires, in milliseconds since the epoch. */
  expiresAt: number;
  /** What to send when the connection breaks. */
  will?: Will | undefined;
}

/** A message for when its client is gone. */
export interface Will {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

/** Told what became of a message that was sent; one of the two, once. */
export interface Receipt {
  /** The client has it. */
  acknowledged(): void;
  /** The connection ended before it said so. */
  lost(): void;
}

/** Who has the say over a connection. */
export interface ConnectionOwner {
  /** @throws Error for what the connection ends for. */
  take(connection: Connection, packet: Packet): void;
  /** It is over; told once. `error` where that is the client's fault. */
  ended(connection: Connection, error?: Error): void;
}

/** The library would keep the bytes of 65,536 numbers: six megabytes, to save next to nothing. */
writeToStream.cacheNumbers = false;

/** Longest packet: a message of 256 KB, and a topic, which has 64 KB at most. */
export const maxPacketBytes = (256 + 64) * 1024 + 16;

/** Longest packet of who has not signed in: a CONNECT, whose will has 64 KB at most. */
const maxStrangerBytes = (64 + 16) * 1024;

/** What may wait to be read by a client, in bytes; one that asks and does not read is let go. */
const maxUnreadBytes = 4 * 1024 * 1024;

/** How many requests of a client may be at work; it is not listened to while there are more. */
const maxAtWork = 128;

/** One client's conversation in MQTT packets, over TLS or a WebSocket. It knows the protocol, and none of the hub's rules. */
export class Connection {
  /** Set once a CONNECT was accepted. */
  session: Session | undefined;
  closed = false;
  readonly #parser: Parser = parser();
  #heardAt = Date.now();
  #messageId = 0;
  #atWork = 0;
  /** What came while it is held. */
  #held: Packet[] | undefined;
  /** Of messages that it has not acknowledged, by the ids of their packets. */
  #receipts: Map<number, Receipt> | undefined;

  constructor(
    private readonly stream: Duplex,
    /** What the client showed in the TLS handshake; asked at its CONNECT only, because it takes memory. */
    readonly certificate: () => ClientCertificate | undefined,
    private readonly owner: ConnectionOwner,
  ) {
    this.#parser.on('packet', (packet: Packet) => this.#take(packet));
    this.#parser.on('error', (error: Error) => this.close(error));
    stream.on('data', (bytes: Buffer) => this.#read(bytes));
    // Who breaks a connection off does nothing wrong.
    stream.on('error', () => this.close());
    for (const event of ['end', 'close']) stream.on(event, () => this.close());
  }

  /** The id of the identity that connected; empty before. */
  get id(): string {
    return this.session?.id ?? '';
  }

  /** Begins the session that a CONNECT agreed on. */
  open(session: Session, sessionPresent: boolean): void {
    this.session = session;
    this.send({ cmd: 'connack', returnCode: 0, sessionPresent });
  }

  /** Answers a CONNECT with a return code that is no success, and hangs up. */
  refuse(returnCode: number): void {
    const connack: IConnackPacket = { cmd: 'connack', returnCode, sessionPresent: false };
    this.closed = true;
    this.stream.end(generate(connack), () => this.stream.destroy());
    this.owner.ended(this);
  }

  send(packet: Packet): void {
    if (this.closed) return;
    writeAtOnce(this.stream);
    this.stream.write(generate(packet));
    if (this.stream.writableLength > maxUnreadBytes) this.close(new Error('it does not read what it is sent'));
  }

  /** Whether the client is there, and subscribed to one of the filters. */
  listensTo(filters: readonly string[]): boolean {
    return !this.closed && this.#subscription(filters) !== undefined;
  }

  /**
   * Sends a message, if the client subscribed to one of the filters, with the quality of service that it asked for. It is
   * not sent again over this connection where no acknowledgement comes [MQTT-4.4.0-1].
   *
   * @returns whether it subscribed.
   */
  deliver(filters: readonly string[], topic: string, payload: string | Buffer, receipt?: Receipt): boolean {
    const subscription = this.#subscription(filters);
    if (!subscription || this.closed) return false;
    const { qos } = subscription;
    const messageId = qos === 0 ? undefined : this.#nextMessageId();
    if (receipt && messageId !== undefined) {
      this.#receipts ??= new Map();
      this.#receipts.set(messageId, receipt);
    }
    this.send({
      cmd: 'publish',
      topic,
      payload,
      qos,
      dup: false,
      retain: false,
      ...(messageId === undefined ? {} : { messageId }),
    });
    if (messageId === undefined) receipt?.acknowledged();
    return true;
  }

  /** The client has acknowledged a message. */
  acknowledge(messageId: number): void {
    const receipt = this.#receipts?.get(messageId);
    this.#receipts?.delete(messageId);
    receipt?.acknowledged();
  }

  /** Works on a request of the client, and hangs up where that fails. While it has many, no more are read. */
  async work(job: () => Promise<void>): Promise<void> {
    if (++this.#atWork > maxAtWork) this.stream.pause();
    try {
      await job();
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
    if (--this.#atWork <= maxAtWork) this.stream.resume();
  }

  /** Listens no further until something is settled: what the client sent on top of it has to wait. */
  hold(settled: Promise<void>): void {
    this.#held = [];
    this.stream.pause();
    const go = () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      this.#guard(() => {
        for (const packet of held) this.#take(packet);
      });
      this.stream.resume();
    };
    settled.then(go, (error: Error) => this.close(error));
  }

  /** Why the connection should end now, if it should. */
  overdue(now: number): Error | undefined {
    const { session } = this;
    if (!session) return undefined;
    if (now >= session.expiresAt) return new Error('its token has expired');
    if (now - this.#heardAt > session.patienceMs) return new Error('nothing came in time; its keep-alive is over');
    return undefined;
  }

  /** Ends the connection as its client asks, without its will [MQTT-3.14.4-3]. */
  leave(): void {
    if (this.session) this.session.will = undefined;
    this.close();
  }

  /** Ends the connection at once; `error` where that is the client's fault. */
  close(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.stream.destroy();
    this.owner.ended(this, error);
    const receipts = [...(this.#receipts?.values() ?? [])];
    this.#receipts = undefined;
    for (const receipt of receipts) receipt.lost();
  }

  #subscription(filters: readonly string[]): Subscription | undefined {
    return this.session?.subscriptions.find((each) => filters.includes(each.topic));
  }

  #read(bytes: Buffer): void {
    this.#guard(() => {
      this.#parser.parse(bytes);
      // The length that the packet announces which is not whole yet; the library's types have it not.
      const { length } = (this.#parser as unknown as { packet: { length: number } }).packet;
      const most = this.session || this.#held ? maxPacketBytes : maxStrangerBytes;
      if (length > most) this.close(new Error(`a packet of ${length} bytes, where it may have ${most}`));
    });
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(packet: Packet): void {
    if (this.closed) return;
    this.#heardAt = Date.now();
    if (this.#held) this.#held.push(packet);
    else this.owner.take(this, packet);
  }

  /** One that no message has which the client did not acknowledge [MQTT-2.3.1-4]. */
  #nextMessageId(): number {
    do this.#messageId = (this.#messageId % 0xffff) + 1;
    while (this.#receipts?.has(this.#messageId));
    return this.#messageId;
  }
}
