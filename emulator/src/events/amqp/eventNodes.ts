import type { Receiver, Sender } from 'rhea';
import { notFound } from '../../amqp/endpoint';
import type { AmqpNode, NodeFamily, Take } from '../../amqp/node';
import type { Link, Peer } from '../../amqp/peer';
import type { Answer } from '../../amqp/replies';
import { requestNode } from '../../amqp/requestNode';
import { confirm, openWithCredit, refuse } from '../../amqp/rheaInternals';
import type { PolicyKeys } from '../../security/accessControl';
import type { EventHub } from '../eventHub';
import { parseAddress, type Target } from './address';
import { feed, parsePosition } from './consumer';
import { Owners, ownerLevel } from './owners';
import { producerCredit, take } from './producer';
import { namespacePolicy, notAuthorized, readProperties, readToken, readTokenOf } from './requests';

/** What a connection may use, and until when (milliseconds since the epoch). */
interface Grant {
  until: number;
  /** Whether that is the built-in endpoint alone. */
  ofHub: boolean;
  /** The one Event Hub that it is for; all where it is undefined. */
  entity: string | undefined;
}

/**
 * Event Hubs over AMQP. A connection proves that it has the key of the namespace; that key gives every right there is, so
 * any valid token does, on the Event Hub that it is for. Policies of the hub that have ServiceConnect give the built-in
 * endpoint.
 */
export class EventNodes implements NodeFamily {
  readonly #grants = new WeakMap<Peer, readonly Grant[]>();
  readonly #key: string;
  readonly #hubKeys: PolicyKeys;
  readonly #owners = new Owners();
  readonly #management: AmqpNode;

  constructor(
    private readonly hubs: ReadonlyMap<string, EventHub>,
    keys: { eventHubs: string; policies: PolicyKeys },
    private readonly builtIn: EventHub,
  ) {
    const key = keys.eventHubs;
    this.#key = key;
    const { iothubowner = '', service = '' } = keys.policies;
    this.#hubKeys = { iothubowner, service };
    this.#management = requestNode('management', (request, peer) => {
      // .NET proves nothing over `$cbs` before it reads, and sends its token along; Python sends one that is no good.
      const mayRead =
        this.#mayUse(peer, hubs.get(String(request.application_properties?.name))) ||
        readToken(request.application_properties?.security_token, key) !== undefined;
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
      give: (link, peer) => (this.#mayOpen(link, peer, target) ? this.#openReader(link, target) : undefined),
      take: (link, peer) => (this.#mayOpen(link, peer, target) ? this.#openProducer(link, target, peer) : undefined),
    };
  }

  putToken(token: string, peer: Peer): Answer | undefined {
    const ofNamespace = readToken(token, this.#key);
    const ofHub = ofNamespace ? undefined : readTokenOf(this.#hubKeys, token);
    if (ofNamespace) this.#grant(peer, { ...ofNamespace, ofHub: false });
    else if (ofHub) this.#grant(peer, { ...ofHub, entity: undefined, ofHub: true });
    else return undefined;
    return { statusCode: 202, statusDescription: 'Accepted' };
  }

  signIn(user: string, password: string): boolean {
    return user === namespacePolicy && password === this.#key;
  }

  signedIn(_user: string, _password: string, peer: Peer): void {
    this.#grant(peer, { until: Number.POSITIVE_INFINITY, ofHub: false, entity: undefined });
  }

  /** One that is for the same takes the place of the one before. */
  #grant(peer: Peer, grant: Grant): void {
    const others = (this.#grants.get(peer) ?? []).filter(
      ({ entity, ofHub }) => entity !== grant.entity || ofHub !== grant.ofHub,
    );
    this.#grants.set(peer, [...others, grant]);
    peer.signedIn();
  }

  /** Of no Event Hub whoever may use any: it is told that there is none. */
  #mayUse(peer: Peer, hub: EventHub | undefined): boolean {
    const isFor = ({ ofHub, entity }: Grant) =>
      ofHub ? hub === this.builtIn : !hub || entity === undefined || entity.toLowerCase() === hub.name.toLowerCase();
    return (this.#grants.get(peer) ?? []).some((grant) => grant.until > Date.now() && isFor(grant));
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
      if (this.#mayOpen(link, peer, target)) take(bytes, delivery, target);
    };
  }

  #mayOpen(link: Link, peer: Peer, target: Target | undefined): boolean {
    if (this.#mayUse(peer, target && 'hub' in target ? target.hub : undefined)) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no valid token on this connection.');
    return false;
  }
}
