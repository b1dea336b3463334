import type { Receiver, Sender } from 'rhea';
import type { AmqpNode } from '../amqp/node';
import type { Link, Peer } from '../amqp/peer';
import { refuse } from '../amqp/rheaInternals';
import { idOf } from '../hub/identity';
import type { DeviceEndpoint } from './address';
import type { Opened } from './channels';
import { conditionOf } from './conditions';
import type { Credentials } from './credentials';
import type { DeviceOptions } from './deviceOptions';
import { DeviceSession } from './deviceSession';
import { lendMessages } from './messageLinks';
import { openTelemetry } from './telemetryLink';

/** How often the hub looks for tokens that have expired, in milliseconds. */
const sweepMs = 1000;

/** What devices and modules find, each below its own path; several may share a connection. */
export class DeviceNodes {
  /** Of each device or module the one that is connected. */
  readonly #sessions = new Map<string, DeviceSession>();
  readonly #sweeper = setInterval(() => this.#sweep(), sweepMs).unref();

  constructor(
    private readonly options: DeviceOptions,
    private readonly credentialsOf: (peer: Peer) => Credentials,
  ) {
    const { hub } = options;
    hub.events.on('desired', ({ patch, ...ids }) => this.#sessions.get(idOf(ids))?.tellDesired(patch));
    hub.events.on('identityGone', ({ reason, ...ids }) => {
      const condition = reason === 'deleted' ? 'amqp:not-found' : 'amqp:unauthorized-access';
      this.#sessions.get(idOf(ids))?.close(new Error('its identity has changed'), condition);
    });
    hub.methods.deliverTo((id, call) => this.#sessions.get(id)?.call(call) ?? false);
    hub.messages.available.on('available', (id) => this.#sessions.get(id)?.giveMessages());
  }

  node(id: string, endpoint: DeviceEndpoint): AmqpNode {
    return {
      give: (link, peer) => {
        const opened = this.#enter(link, peer, id, (session) => this.#openReceiving(link, session, endpoint));
        return opened?.end;
      },
      take: (link, peer) => {
        const opened = this.#enter(link, peer, id, (session) => this.#openSending(link, session, endpoint));
        if (opened) peer.endings.set(link, opened.end);
        return opened?.take;
      },
    };
  }

  stop(): void {
    clearInterval(this.#sweeper);
  }

  /** Lets in a link of a device that has proved who it is. */
  #enter<T extends Partial<Opened>>(
    link: Link,
    peer: Peer,
    id: string,
    open: (session: DeviceSession) => (T & Pick<Opened, 'end'>) | undefined,
  ): (T & Pick<Opened, 'end'>) | undefined {
    try {
      const session = this.#session(id, peer);
      const opened = open(session);
      this.#noteModel(link, id);
      if (opened) return { ...opened, end: session.enter(link, opened.end) };
      refuse(link, 'amqp:not-found', 'There is nothing at this address in this direction.');
    } catch (error) {
      const { condition, description } = conditionOf(error);
      refuse(link, condition, description);
    }
    return undefined;
  }

  #openReceiving(link: Sender, session: DeviceSession, endpoint: DeviceEndpoint): Pick<Opened, 'end'> | undefined {
    const { id, twins, methods, messages } = session;
    if (endpoint === 'twin') return { end: twins.openReceiving(link) };
    if (endpoint === 'methods/devicebound') return { end: methods.openReceiving(link) };
    // A module receives where its device would send.
    if (endpoint === 'messages/events' && !id.includes('/')) return undefined;
    const lending = lendMessages(link, id, this.options.hub.messages);
    messages.add(lending);
    const end = () => {
      messages.delete(lending);
      lending.end();
    };
    return { end };
  }

  #openSending(link: Receiver, { id, twins, methods }: DeviceSession, endpoint: DeviceEndpoint): Opened | undefined {
    if (endpoint === 'twin') return twins.openSending(link);
    if (endpoint === 'methods/devicebound') return methods.openSending(link);
    if (endpoint === 'messages/devicebound') return undefined;
    return { take: openTelemetry(link, id, this.options), end: () => {} };
  }

  /** A link may say of which model its device is. */
  #noteModel({ properties }: Link, id: string): void {
    const model: unknown = properties?.['com.microsoft:model-id'];
    if (typeof model !== 'string') return;
    this.options.hub.setModel(id, model).catch((error: unknown) => this.options.log(`AMQP: ${error}`));
  }

  /** Goes on with the session of a device at its connection, or begins one. */
  #session(id: string, peer: Peer): DeviceSession {
    const present = this.#sessions.get(id);
    if (present?.peer === peer) return present;
    const options = { ...this.options, peer, credentials: this.credentialsOf(peer) };
    const session = new DeviceSession(id, options, () => {
      if (this.#sessions.get(id) === session) this.#sessions.delete(id);
    });
    present?.close(new Error('it connected again'));
    this.#sessions.set(id, session);
    return session;
  }

  #sweep(): void {
    const now = Date.now();
    for (const session of this.#sessions.values()) session.checkExpiry(now);
  }
}
