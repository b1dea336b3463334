import { randomUUID } from 'node:crypto';
import type { QueuedMessage } from './cloudMessage';

/** How a hub treats messages to devices. */
export interface QueueRules {
  /** How long a device has for a message that it was given, in milliseconds. */
  lockMs: number;
  /** How often it is given one. */
  maxDeliveryCount: number;
}

/** A message that a device was given, and with what it settles it. */
export interface LockedMessage {
  message: QueuedMessage;
  lockToken: string;
}

/** How a message leaves its queue, in the words of feedback. */
export type Outcome = 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged';

/** A message that has left its queue. */
export interface Settled {
  message: QueuedMessage;
  outcome: Outcome;
}

interface Lock {
  message: QueuedMessage;
  until: number;
}

/** Most messages that wait for a device, those included that it was given (Azure IoT Hub, "Quotas and throttling"). */
export const maxQueued = 50;

/**
 * The messages of one device, in the order of their coming. One is enqueued, or locked while the device has it; from there
 * it leaves the queue, or is enqueued again where it was. What is locked does not expire meanwhile.
 */
export class DeviceQueue {
  /** By sequence number, the lowest first. */
  #enqueued: QueuedMessage[] = [];
  readonly #locks = new Map<string, Lock>();

  constructor(private readonly rules: QueueRules) {}

  get size(): number {
    return this.#enqueued.length + this.#locks.size;
  }

  add(message: QueuedMessage): void {
    const place = this.#enqueued.findLastIndex(({ sequenceNumber }) => sequenceNumber < message.sequenceNumber);
    this.#enqueued.splice(place + 1, 0, message);
  }

  /** Gives the first message away, until it is settled or the lock is over. */
  lock(now: number, lockMs = this.rules.lockMs): LockedMessage | undefined {
    const first = this.#enqueued.shift();
    if (!first) return undefined;
    const message = { ...first, deliveryCount: first.deliveryCount + 1 };
    const lockToken = randomUUID();
    this.#locks.set(lockToken, { message, until: now + lockMs });
    return { message, lockToken };
  }

  /** Takes a message that was given away out of the queue; undefined where its lock is over. */
  take(lockToken: string): QueuedMessage | undefined {
    const lock = this.#locks.get(lockToken);
    this.#locks.delete(lockToken);
    return lock?.message;
  }

  /** Takes all messages out of the queue that nobody was given. */
  purge(): QueuedMessage[] {
    return this.#enqueued.splice(0);
  }

  /** Enqueues a message again that was taken; undefined where it may be given to nobody any more. */
  putBack(message: QueuedMessage, now: number): Settled | undefined {
    if (message.keptUntil <= now) return { message, outcome: 'Expired' };
    if (message.deliveryCount >= this.rules.maxDeliveryCount) return { message, outcome: 'DeliveryCountExceeded' };
    this.add(message);
    return undefined;
  }

  /** Messages whose lock is over are taken out; they are to be put back. */
  takeUnlocked(now: number): QueuedMessage[] {
    const over = [...this.#locks].filter(([, { until }]) => until <= now);
    for (const [lockToken] of over) this.#locks.delete(lockToken);
    return over.map(([, { message }]) => message);
  }

  /** Messages whose time is over leave the queue. */
  expire(now: number): Settled[] {
    const expired = this.#enqueued.filter(({ keptUntil }) => keptUntil <= now);
    if (expired.length > 0) this.#enqueued = this.#enqueued.filter(({ keptUntil }) => keptUntil > now);
    return expired.map((message) => ({ message, outcome: 'Expired' as const }));
  }
}
