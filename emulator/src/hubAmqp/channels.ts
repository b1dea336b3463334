import type { Receiver, Sender } from 'rhea';
import type { Incoming, Take } from '../amqp/node';
import type { Link } from '../amqp/peer';
import { confirm, openWithCredit } from '../amqp/rheaInternals';
import { Outlet } from './outlet';

/** The link property that pairs the two links of a channel. */
const pairing = 'com.microsoft:channel-correlation-id';

/** How far ahead a device may send, in messages. */
const credit = 100;

/** A link that is open: who takes what comes, and what is to be done when it has ended. */
export interface Opened {
  take: Take;
  end: () => void;
}

/** Two links of a device that belong together: on one it sends, on the other it receives. */
export abstract class Channel {
  /** Whether the device has the link on which it sends. */
  sends = false;
  /** Of the link on which it receives, once that is there. */
  outlet: Outlet | undefined;

  /** Takes what the device sent. */
  abstract take(incoming: Incoming): void;
}

/** The channels of a device for one purpose, by the names that pair their links; those without one have one in common. */
export class Channels<T extends Channel> {
  readonly #channels = new Map<string, T>();

  constructor(private readonly make: () => T) {}

  [Symbol.iterator](): Iterator<T> {
    return this.#channels.values();
  }

  /** Opens the link on which the device sends. */
  openSending(link: Receiver): Opened {
    const channel = this.#of(link);
    openWithCredit(link, credit);
    channel.sends = true;
    const end = () => {
      channel.sends = false;
      this.#dropUnused(link, channel);
    };
    return { take: (incoming) => channel.take(incoming), end };
  }

  /** Opens the link on which it receives. */
  openReceiving(link: Sender): () => void {
    const channel = this.#of(link);
    confirm(link);
    channel.outlet = new Outlet(link);
    return () => {
      channel.outlet = undefined;
      this.#dropUnused(link, channel);
    };
  }

  #of(link: Link): T {
    const name = nameOf(link);
    const channel = this.#channels.get(name) ?? this.make();
    this.#channels.set(name, channel);
    return channel;
  }

  #dropUnused(link: Link, { sends, outlet }: T): void {
    if (!sends && !outlet) this.#channels.delete(nameOf(link));
  }
}

function nameOf({ properties }: Link): string {
  return String(properties?.[pairing] ?? '');
}
