import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import type { EventHub } from '../eventHub';
import { isHubAddress, parseAddress, type Target } from './address';
import { feed, parsePosition } from './consumer';
import { Owners, ownerLevel } from './owners';
import { producerCredit, take } from './producer';
import { Replies, type RequestNode } from './replies';
import { type Answer, isHubToken, notAuthorized, putToken, readProperties, readToken } from './requests';
import { confirm, reject, toAmqpError } from './rheaInternals';
import { provedByPlain } from './saslPlain';

interface Peer {
  /** Milliseconds since the epoch. */
  authorizedUntil: number;
  replies: Replies;
  /** What is to be done when a link on which it receives has ended. */
  endings: Map<Sender, () => void>;
}

type Link = Sender | Receiver;

/**
 * The protocol of Event Hubs over AMQP 1.0: one method for each thing that a client does. A connection proves over
 * `$cbs`, or before it by SASL PLAIN, that it has the key of the namespace; that key gives every right there is, so any
 * valid token does.
 */
export class Endpoint {
  readonly #peers = new WeakMap<Connection, Peer>();
  readonly #owners = new Owners();

  constructor(
    private readonly hubs: ReadonlyMap<string, EventHub>,
    private readonly key: string,
    /** Told of a connection that has proved that it has the key. */
    private readonly signedIn: (connection: Connection) => void,
  ) {}

  /** A client opened a link to receive on: answers to its requests, or the events of a partition. */
  openConsumer({ sender }: EventContext): void {
    const link = sender as Sender;
    const address = link.source?.address ?? '';
    const target = parseAddress(address, this.hubs);
    const node = requestNode(target);
    if (isHubAddress(address)) turnAway(link.connection);
    else if (node) this.#openReplies(link, node);
    else if (this.#isAuthorized(link)) this.#openReader(link, target);
  }

  /** A client opened a link to send on: requests, or events. */
  openProducer({ receiver }: EventContext): void {
    const link = receiver as Receiver;
    const address = link.target?.address ?? '';
    const target = parseAddress(address, this.hubs);
    if (isHubAddress(address)) turnAway(link.connection);
    else if (requestNode(target)) openWithCredit(link);
    else if (this.#isAuthorized(link)) {
      if (target?.kind === 'hub' || target?.kind === 'partition') openWithCredit(link);
      else notFound(link, link.target?.address);
    }
  }

  /** A link, a session with all its links, or a whole connection has ended. */
  close({ connection, session, sender }: EventContext): void {
    const { endings } = this.#peer(connection);
    for (const [link, end] of endings) {
      const isEnded = (!sender || sender === link) && (!session || session === link.session);
      if (!isEnded) continue;
      endings.delete(link);
      end();
    }
  }

  /** A client sent a message. */
  receive(context: EventContext): void {
    const { delivery } = context;
    const link = context.receiver as Receiver;
    const bytes = context.message as unknown as Buffer;
    const target = parseAddress(link.target?.address ?? '', this.hubs);
    const node = requestNode(target);
    if (node) this.#answer(context, node, bytes);
    else if (target && this.#isAuthorized(link)) take(bytes, delivery, target);
  }

  #openReader(link: Sender, target: Target | undefined): void {
    const position = parsePosition(link.source?.filter?.['apache.org:selector-filter:string']?.value);
    const level = ownerLevel(link);
    if (target?.kind !== 'consumer') notFound(link, link.source?.address);
    else if (!position) refuse(link, 'amqp:invalid-field', 'The filter is not a position of an Event Hub.');
    else if (Number.isNaN(level)) refuse(link, 'amqp:invalid-field', 'The owner level is not a number.');
    else {
      const place = `${target.hub.name}/${target.consumerGroup.toLowerCase()}/${target.partitionId}`;
      const leave = this.#owners.enter(place, link, level);
      if (!leave) return;
      confirm(link);
      const stopFeeding = feed(link, target.log, position);
      this.#peer(link.connection).endings.set(link, () => {
        stopFeeding();
        leave();
      });
    }
  }

  #openReplies(link: Sender, node: RequestNode): void {
    confirm(link);
    const { replies, endings } = this.#peer(link.connection);
    endings.set(link, replies.add(link, node));
  }

  #answer(context: EventContext, node: RequestNode, bytes: Buffer): void {
    const peer = this.#peer(context.connection);
    try {
      const request = rhea.message.decode(bytes) as unknown as Message;
      const { connection } = context;
      if (node === 'cbs' && isHubToken(request)) turnAway(connection);
      else {
        const answer = node === 'cbs' ? this.#putToken(connection, request) : this.#read(connection, request);
        peer.replies.answer(context, node, request, answer);
      }
    } catch (error) {
      reject(context.delivery, 'amqp:decode-error', `The request cannot be read: ${error}`);
    }
  }

  #putToken(connection: Connection, request: Message): Answer {
    const { until, ...answer } = putToken(request, this.key);
    if (until === undefined) return answer;
    this.#peer(connection).authorizedUntil = until;
    this.signedIn(connection);
    return answer;
  }

  /** .NET proves nothing over `$cbs` before it reads, and sends its token along; Python sends one that is no good. */
  #read(connection: Connection, request: Message): Answer {
    const token = request.application_properties?.security_token;
    const mayRead = isAuthorized(this.#peer(connection)) || readToken(token, this.key) !== undefined;
    if (!mayRead) return notAuthorized;
    this.signedIn(connection);
    return readProperties(request, this.hubs);
  }

  #isAuthorized(link: Link): boolean {
    if (isAuthorized(this.#peer(link.connection))) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no valid token on this connection.');
    return false;
  }

  #peer(connection: Connection): Peer {
    const known = this.#peers.get(connection);
    if (known) return known;
    const authorizedUntil = provedByPlain(connection) ? Number.POSITIVE_INFINITY : 0;
    const peer = { authorizedUntil, replies: new Replies(), endings: new Map() };
    this.#peers.set(connection, peer);
    return peer;
  }
}

function isAuthorized({ authorizedUntil }: Peer): boolean {
  return authorizedUntil > Date.now();
}

function requestNode(target: Target | undefined): RequestNode | undefined {
  return target?.kind === 'cbs' || target?.kind === 'management' ? target.kind : undefined;
}

function openWithCredit(link: Receiver): void {
  confirm(link);
  link.set_credit_window(producerCredit);
  link.add_credit(producerCredit);
}

/** Says at once what a client of the hub itself would find out after minutes of trying again. */
function turnAway(connection: Connection): void {
  const text = 'The emulator serves Event Hubs over AMQP. Devices connect by MQTT, services by HTTPS.';
  connection.close(toAmqpError('amqp:not-implemented', text));
}

function notFound(link: Link, address: string | undefined): void {
  refuse(link, 'amqp:not-found', `The messaging entity '${address ?? ''}' could not be found.`);
}

function refuse(link: Link, condition: string, description: string): void {
  link.close(toAmqpError(condition, description));
}
