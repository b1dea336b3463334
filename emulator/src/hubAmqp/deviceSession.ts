import type { Link, Peer } from '../amqp/peer';
import { refuse } from '../amqp/rheaInternals';
import type { DeliveredCall } from '../hub/methods';
import type { JsonObject } from '../service/types';
import { Channels } from './channels';
import type { Credentials } from './credentials';
import type { DeviceOptions } from './deviceOptions';
import type { Lending } from './lend';
import { MethodChannel } from './methodChannel';
import { TwinChannel } from './twinChannel';

/**
 * A device or module at one connection: from its first link to its last. It is connected meanwhile; another connection of
 * the same identity ends it.
 */
export class DeviceSession {
  readonly twins: Channels<TwinChannel>;
  readonly methods: Channels<MethodChannel>;
  readonly messages = new Set<Lending>();
  /** What is to be done when a link has ended. */
  readonly #links = new Map<Link, () => void>();
  #expiresAt: number;

  /** @throws HubError IotHubUnauthorizedAccess where nothing proves who it is. */
  constructor(
    readonly id: string,
    private readonly options: DeviceOptions & { peer: Peer; credentials: Credentials },
    private readonly ended: () => void,
  ) {
    this.#expiresAt = options.credentials.admit(id).expiresAt;
    this.twins = new Channels(() => new TwinChannel(id, options));
    this.methods = new Channels(() => new MethodChannel(id, options.hub.methods));
  }

  get peer(): Peer {
    return this.options.peer;
  }

  /** Takes in a link that was opened; answers what is to be done when it has ended. */
  enter(link: Link, end: () => void): () => void {
    const { hub } = this.options;
    if (this.#links.size === 0) hub.connect(this.id, this);
    this.#links.set(link, end);
    hub.methods.listening(this.id);
    return () => this.#leave(link);
  }

  /** Tells of a change of desired properties. */
  tellDesired(patch: JsonObject): void {
    for (const channel of this.twins) channel.tellDesired(patch);
  }

  /** Hands a call over; false where the device does not listen. */
  call(call: DeliveredCall): boolean {
    return [...this.methods].some((channel) => channel.call(call));
  }

  giveMessages(): void {
    for (const lending of this.messages) lending.pump();
  }

  /** Ends it where its token has expired, unless there is a newer one. */
  checkExpiry(now: number): void {
    if (this.#expiresAt > now) return;
    try {
      this.#expiresAt = this.options.credentials.admit(this.id).expiresAt;
    } catch {
      this.close(new Error('its token has expired'), 'amqp:unauthorized-access');
    }
  }

  /** Ends all of its links. */
  close(reason: Error, condition = 'amqp:link:stolen'): void {
    for (const link of [...this.#links.keys()]) {
      this.options.peer.endings.delete(link);
      this.#leave(link);
      refuse(link, condition, `'${this.id}' is disconnected: ${reason.message}.`);
    }
  }

  #leave(link: Link): void {
    const end = this.#links.get(link);
    if (!end) return;
    this.#links.delete(link);
    end();
    if (this.#links.size > 0) return;
    this.ended();
    this.options.hub.disconnect(this.id, this);
  }
}
