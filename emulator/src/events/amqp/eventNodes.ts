import type { Receiver, Sender } from 'rhea';
import { notFound } from '../../amqp/endpoint';
import type { AmqpNode, NodeFamily, Take } from '../../amqp/node';
import type { Link, Peer } from '../../amqp/peer';
import type { Answer } from '../../amqp/replies';
import { requestNode } from '../../amqp/requestNode';
import { confirm, openWithCredit, refuse } from '../../amqp/rheaInternals';
import type { EventHub } from '../eventHub';
import { parseAddress, type Target } from './address';
import { feed, parsePosition } from './consumer';
import { Owners, ownerLevel } from './owners';
import { producerCredit, take } from './producer';
import { namespacePolicy, notAuthorized, readProperties, readToken } from './requests';

/**
 * Event Hubs over AMQP. A connection proves that it has the key of the namespace; that key gives every right there is, so
 * any valid token does.
 */
export class EventNodes implements NodeFamily {
  /** Until when a connection may, in milliseconds since the epoch. */
  readonly #authorizedUntil = new WeakMap<Peer, number>();
  readonly #owners = new Owners();
  readonly #management: AmqpNode;

  constructor(
    private readonly hubs: ReadonlyMap<string, EventHub>,
    private readonly key: string,
  ) {
    this.#management = requestNode('management', (request, peer) => {
      // .NET proves nothing over `$cbs` before it reads, and sends its token along; Python sends one that is no good.
      const mayRead =
        this.isAuthorized(peer) || readToken(request.application_properties?.security_token, key) !== undefined;
      if (!mayRead) return notAuthorized;
      peer.signedIn();
      return readProperties(request, hubs);
    });
  }

  /** Every address that is of nobody else is one of Event Hubs. */
  find(address: string): AmqpNode {
    const target = parseAddress(address, this.hubs);
    if (target?.kind === 'management') return this.#management;
    return {
      give: (link, peer) => (this.#mayOpen(link, peer) ? this.#openReader(link, target) : undefined),
      take: (link, peer) => (this.#mayOpen(link, peer) ? this.#openProducer(link, target, peer) : undefined),
    };
  }

  putToken(token: string, peer: Peer): Answer | undefined {
    const until = readToken(token, this.key);
    if (until === undefined) return undefined;
    this.authorize(peer, until);
    return { statusCode: 202, statusDescription: 'Accepted' };
  }

  signIn(user: string, password: string): boolean {
    return user === namespacePolicy && password === this.key;
  }

  signedIn(_user: string, _password: string, peer: Peer): void {
    this.authorize(peer, Number.POSITIVE_INFINITY);
  }

  /** Lets a connection use Event Hubs. */
  authorize(peer: Peer, until: number): void {
    this.#authorizedUntil.set(peer, until);
    peer.signedIn();
  }

  isAuthorized(peer: Peer): boolean {
    return (this.#authorizedUntil.get(peer) ?? 0) > Date.now();
  }

  #openReader(link: Sender, target: Target | undefined): (() => void) | undefined {
    const position = parsePosition(link.source?.filter?.['apache.org:selector-filter:string']?.value);
    const level = ownerLevel(link);
    if (target?.kind !== 'consumer') notFound(link, link.source?.address);
    else if (!position) refuse(link, 'amqp:invalid-field', 'The filter is not a position of an Event Hub.');
    else if (Number.isNaN(level)) refuse(link, 'amqp:invalid-field', 'The owner level is not a number.');
    else {
      const place = `${target.hub.name}/${target.consumerGroup.toLowerCase()}/${target.partitionId}`;
      const leave = this.#owners.enter(place, link, level);
      if (!leave) return undefined;
      confirm(link);
      const stopFeeding = feed(link, target.log, position);
      return () => {
        stopFeeding();
        leave();
      };
    }
    return undefined;
  }

  #openProducer(link: Receiver, target: Target | undefined, peer: Peer): Take | undefined {
    if (target?.kind !== 'hub' && target?.kind !== 'partition') {
      notFound(link, link.target?.address);
      return undefined;
    }
    openWithCredit(link, producerCredit);
    return ({ bytes, delivery }) => {
      if (this.#mayOpen(link, peer)) take(bytes, delivery, target);
    };
  }

  #mayOpen(link: Link, peer: Peer): boolean {
    if (this.isAuthorized(peer)) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no valid token on this connection.');
    return false;
  }
}
