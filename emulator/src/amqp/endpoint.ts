import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea';
import type { AmqpNode, NodeFamily, Take } from './node';
import type { Link, Peer } from './peer';
import type { Answer } from './replies';
import { requestNode } from './requestNode';
import { refuse } from './rheaInternals';
import { plainOf } from './sasl';

/**
 * AMQP 1.0 as a server of nodes: one method for each thing that a client does. What a connection may is proved over `$cbs`
 * (AMQP claims-based security), before it by SASL PLAIN, or by its certificate.
 */
export class Endpoint {
  readonly #peers = new WeakMap<Connection, Peer>();
  readonly #takers = new WeakMap<Receiver, Take>();
  readonly #cbs = requestNode('cbs', (request, peer) => this.#putToken(request, peer));

  constructor(
    private readonly families: readonly NodeFamily[],
    private readonly newPeer: (connection: Connection) => Peer,
  ) {}

  /** A client opened its connection. */
  open({ connection }: EventContext): void {
    const plain = plainOf(connection);
    if (!plain) return;
    const { user, password } = plain;
    const family = this.families.find((each) => each.signIn(user, password));
    family?.signedIn(user, password, this.#peer(connection));
  }

  /** A client opened a link to receive on. */
  openSender({ sender }: EventContext): void {
    const link = sender as Sender;
    const node = this.#find(link.source?.address);
    const peer = this.#peer(link.connection);
    if (!node?.give) notFound(link, link.source?.address);
    const end = node?.give?.(link, peer);
    if (end) peer.endings.set(link, end);
  }

  /** A client opened a link to send on. */
  openReceiver({ receiver }: EventContext): void {
    const link = receiver as Receiver;
    const node = this.#find(link.target?.address);
    if (!node?.take) notFound(link, link.target?.address);
    const take = node?.take?.(link, this.#peer(link.connection));
    if (take) this.#takers.set(link, take);
  }

  /** A client sent a message. */
  receive(context: EventContext): void {
    const bytes = context.message as unknown as Buffer;
    this.#takers.get(context.receiver as Receiver)?.({ bytes, delivery: context.delivery, context });
  }

  /** A link, a session with all its links, or a whole connection has ended. */
  close({
    connection,
    session,
    sender,
    receiver,
  }: Pick<EventContext, 'connection' | 'session' | 'sender' | 'receiver'>): void {
    const ended = sender ?? receiver;
    this.#peer(connection).end((link) => (!ended || ended === link) && (!session || session === link.session));
  }

  #find(address: unknown): AmqpNode | undefined {
    const text = typeof address === 'string' ? address : '';
    if (/^(\w+:\/\/[^/]+)?\/?\$cbs$/.test(text)) return this.#cbs;
    for (const family of this.families) {
      const node = family.find(text);
      if (node) return node;
    }
    return undefined;
  }

  #putToken({ application_properties: properties, body }: Message, peer: Peer): Answer | Promise<Answer> {
    if (properties?.operation !== 'put-token') return { statusCode: 400, statusDescription: 'put-token only' };
    for (const family of this.families) {
      const answer = family.putToken(String(body), peer);
      if (answer) return answer;
    }
    return { statusCode: 401, statusDescription: 'There is no valid token: check the policy and its key.' };
  }

  #peer(connection: Connection): Peer {
    const known = this.#peers.get(connection);
    if (known) return known;
    const peer = this.newPeer(connection);
    this.#peers.set(connection, peer);
    return peer;
  }
}

export function notFound(link: Link, address: unknown): void {
  refuse(link, 'amqp:not-found', `The messaging entity '${address ?? ''}' could not be found.`);
}
