import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea';
import type { EventHub } from '../eventHub';
import { parseAddress, type Target } from './address';
import { feed, parsePosition } from './consumer';
import { Owners, ownerLevel } from './owners';
import { accept } from './producer';
import { type Answer, putToken, readProperties } from './requests';

interface Peer {
  /** Milliseconds since the epoch. */
  authorizedUntil: number;
  /** The links that answer its requests, by the names that requests have for them. */
  replies: Map<string, Sender>;
  /** What is to be done when a link on which it receives has ended. */
  endings: Map<Sender, () => void>;
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
    confirm(link);
    const target = parseAddress(link.source?.address ?? '', this.hubs);
    if (target && isRequestNode(target)) this.#openReplies(link);
    else if (this.#isAuthorized(link)) this.#openReader(link, target);
  }

  /** A client opened a link to send on: requests, or events. */
  openProducer({ receiver }: EventContext): void {
    const link = receiver as Receiver;
    confirm(link);
    const target = parseAddress(link.target?.address ?? '', this.hubs);
    if (target && isRequestNode(target)) return;
    if (this.#isAuthorized(link) && target?.kind !== 'hub' && target?.kind !== 'partition') {
      notFound(link, link.target?.address);
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
    const link = context.receiver as Receiver;
    const target = parseAddress(link.target?.address ?? '', this.hubs);
    if (target?.kind === 'cbs') this.#putToken(context);
    else if (target && this.#isAuthorized(link)) {
      if (target.kind === 'management') this.#answer(context, readProperties(context.message as Message, this.hubs));
      else accept(context, target);
    }
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
      const stopFeeding = feed(link, target.log, position);
      this.#peer(link.connection).endings.set(link, () => {
        stopFeeding();
        leave();
      });
    }
  }

  #putToken(context: EventContext): void {
    const { until, ...answer } = putToken(context.message as Message, this.key);
    if (until !== undefined) this.#peer(context.connection).authorizedUntil = until;
    this.#answer(context, answer);
  }

  /** Requests name the link of their answers by its own name or by its target. */
  #openReplies(link: Sender): void {
    const { replies, endings } = this.#peer(link.connection);
    const names = [link.name, link.target?.address ?? link.name];
    for (const name of names) replies.set(name, link);
    endings.set(link, () => {
      for (const name of names) if (replies.get(name) === link) replies.delete(name);
    });
  }

  #answer({ connection, message, delivery }: EventContext, { statusCode, statusDescription, body = '' }: Answer): void {
    const { reply_to: replyTo, message_id: id = '' } = message as Message;
    const { replies } = this.#peer(connection);
    const reply = {
      correlation_id: id,
      application_properties: { 'status-code': statusCode, 'status-description': statusDescription },
      body,
    };
    // In the next turn, as events are: the request may come together with the opening of the link for its answer.
    setImmediate(() => replies.get(String(replyTo))?.send(reply));
    delivery?.accept();
  }

  #isAuthorized(link: Link): boolean {
    if (this.#peer(link.connection).authorizedUntil > Date.now()) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no valid token on this connection.');
    return false;
  }

  #peer(connection: Connection): Peer {
    const peer = this.#peers.get(connection) ?? { authorizedUntil: 0, replies: new Map(), endings: new Map() };
    this.#peers.set(connection, peer);
    return peer;
  }
}

function isRequestNode({ kind }: Target): boolean {
  return kind === 'cbs' || kind === 'management';
}

/** Answers the opening of a link with its own ends. One that the client left out comes as a value without fields. */
function confirm(link: Link): void {
  if (link.source && 'address' in link.source) link.set_source(link.source);
  if (link.target && 'address' in link.target) link.set_target(link.target);
}

function notFound(link: Link, address: string | undefined): void {
  refuse(link, 'amqp:not-found', `The messaging entity '${address ?? ''}' could not be found.`);
}

function refuse(link: Link, condition: string, description: string): void {
  link.close({ condition, description });
}
