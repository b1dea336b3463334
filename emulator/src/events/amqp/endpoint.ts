import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea';
import type { EventHub } from '../eventHub';
import { parseAddress, type Target } from './address';
import { feed, parsePosition } from './consumer';
import { Owners } from './owners';
import { accept } from './producer';
import { type Answer, putToken, readProperties } from './requests';

/** What a connection has: until when it is authorized, and the links that answer its requests. */
interface Peer {
  authorizedUntil: number;
  replies: Map<string, Sender>;
}

type Link = Sender | Receiver;

/**
 * The protocol of Event Hubs over AMQP 1.0: one method for each thing that a client does. A connection proves over
 * `$cbs` that it has the key of the namespace; that key gives every right there is, so any valid token does.
 */
export class Endpoint {
  readonly #peers = new WeakMap<Connection, Peer>();
  readonly #owners = new Owners();

  constructor(
    private readonly hubs: ReadonlyMap<string, EventHub>,
    private readonly key: string,
  ) {}

  /** A client opened a link to receive on: answers to its requests, or the events of a partition. */
  openConsumer({ sender }: EventContext): void {
    const link = sender as Sender;
    link.set_source(link.source);
    link.set_target(link.target);
    const target = parseAddress(link.source.address ?? '', this.hubs);
    if (target && isRequestNode(target)) this.#openReplies(link);
    else if (this.#isAuthorized(link)) this.#openReader(link, target);
  }

  /** A client opened a link to send on: requests, or events. */
  openProducer({ receiver }: EventContext): void {
    const link = receiver as Receiver;
    link.set_source(link.source);
    link.set_target(link.target);
    const target = parseAddress(link.target.address ?? '', this.hubs);
    if (target && isRequestNode(target)) return;
    if (this.#isAuthorized(link) && target?.kind !== 'hub' && target?.kind !== 'partition') {
      notFound(link, link.target.address);
    }
  }

  /** A client sent a message. */
  receive(context: EventContext): void {
    const link = context.receiver as Receiver;
    const target = parseAddress(link.target.address, this.hubs);
    if (target?.kind === 'cbs') this.#putToken(context);
    else if (target && this.#isAuthorized(link)) {
      if (target.kind === 'management') this.#answer(context, readProperties(context.message as Message, this.hubs));
      else accept(context, target);
    }
  }

  #openReader(link: Sender, target: Target | undefined): void {
    const position = parsePosition(link.source.filter?.['apache.org:selector-filter:string']?.value);
    if (target?.kind !== 'consumer') notFound(link, link.source.address);
    else if (!position) refuse(link, 'amqp:invalid-field', 'The filter is not a position of an Event Hub.');
    else {
      const place = `${target.hub.name}/${target.consumerGroup.toLowerCase()}/${target.partitionId}`;
      const leave = this.#owners.enter(place, link, ownerLevel(link));
      if (leave) onEnd(link, feed(link, target.log, position), leave);
    }
  }

  #putToken(context: EventContext): void {
    const { until, ...answer } = putToken(context.message as Message, this.key);
    if (until !== undefined) this.#peer(context.connection).authorizedUntil = until;
    this.#answer(context, answer);
  }

  /** Requests name the link of their answers by its own name or by its target. */
  #openReplies(link: Sender): void {
    const { replies } = this.#peer(link.connection);
    for (const name of [link.name, link.target?.address]) if (name) replies.set(name, link);
  }

  #answer({ connection, message, delivery }: EventContext, { statusCode, statusDescription, body = '' }: Answer): void {
    const { reply_to: replyTo, message_id: id = '' } = message as Message;
    this.#peer(connection)
      .replies.get(String(replyTo))
      ?.send({
        correlation_id: id,
        application_properties: { 'status-code': statusCode, 'status-description': statusDescription },
        body,
      });
    delivery?.accept();
  }

  #isAuthorized(link: Link): boolean {
    if (this.#peer(link.connection).authorizedUntil > Date.now()) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no valid token on this connection.');
    return false;
  }

  #peer(connection: Connection): Peer {
    const peer = this.#peers.get(connection) ?? { authorizedUntil: 0, replies: new Map() };
    this.#peers.set(connection, peer);
    return peer;
  }
}

function isRequestNode({ kind }: Target): boolean {
  return kind === 'cbs' || kind === 'management';
}

function onEnd(link: Link, ...actions: (() => void)[]): void {
  const end = () => {
    for (const act of actions) act();
  };
  link.once('sender_close', end);
  link.connection.once('disconnected', end);
}

/** A receiver's owner level, called epoch on the wire; a 64-bit integer, which may come as bytes. */
function ownerLevel({ properties }: Sender): number | undefined {
  const level: unknown = properties?.['com.microsoft:epoch'];
  return level === undefined ? undefined : Number(Buffer.isBuffer(level) ? level.readBigInt64BE() : level);
}

function notFound(link: Link, address = ''): void {
  refuse(link, 'amqp:not-found', `The messaging entity '${address}' could not be found.`);
}

function refuse(link: Link, condition: string, description: string): void {
  link.close({ condition, description });
}
