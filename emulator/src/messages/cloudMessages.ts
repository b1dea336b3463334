import { EventEmitter } from 'node:events';
import type { Clock } from '../limits/clock';
import { HubError } from '../service/hubError';
import type { Store } from '../store/store';
import { type CloudMessage, fromText, type QueuedMessage, toText } from './cloudMessage';
import { DeviceQueue, type LockedMessage, maxQueued, type Settled } from './deviceQueue';
import { Feedback } from './feedback';
import type { MessageRules } from './rules';

/** Longest message to a device, in bytes of body and properties (Azure IoT Hub, "Quotas and throttling"). */
export const maxMessageBytes = 64 * 1024;

/** What the messages of a hub are about. */
export interface CloudMessagesOptions {
  rules: MessageRules;
  clock: Clock;
  /** Where they outlive the process; in memory only where absent. */
  store: Store | undefined;
  /** Tells an identity from one that was made again under its id; undefined where there is none. */
  generationOf: (id: string) => string | undefined;
  /** Told how many messages a device has waiting, when that changes. */
  counted: (id: string, waiting: number) => void;
}

/** How often the hub looks for messages and locks whose time is over, in milliseconds. */
const sweepMs = 1000;

/**
 * Messages of services to devices and modules, kept by the hub whatever their connections do (Azure IoT Hub, "Send
 * cloud-to-device messages"). A door gives the device what {@link receive} answers, and settles it by its lock token.
 *
 * Reads are synchronous. A change is seen by readers at once, and its promise resolves when it is durable.
 */
export class CloudMessages {
  /** Tells doors that a device can receive. */
  readonly available = new EventEmitter<{ available: [id: string] }>();
  readonly feedback: Feedback;
  /** Only of devices that have messages. */
  readonly #queues = new Map<string, DeviceQueue>();
  readonly #sweeper: NodeJS.Timeout;
  /** Microseconds of the epoch to begin with, so that a later process goes on above. */
  #lastSequenceNumber = Date.now() * 1000;

  constructor(private readonly options: CloudMessagesOptions) {
    const { rules, clock, store } = options;
    this.feedback = new Feedback({ rules, clock, store });
    for (const [key, text] of store?.all('message') ?? []) this.#load(key.split(' ')[0] ?? '', fromText(text));
    for (const [id, { size }] of this.#queues) options.counted(id, size);
    this.#sweeper = setInterval(() => this.sweep(), sweepMs).unref();
  }

  /**
   * Takes a message for a device that is registered.
   *
   * @throws HubError DeviceNotFound, DeviceMaximumQueueDepthExceeded, MessageTooLarge, ServiceUnavailable
   */
  async send(id: string, message: CloudMessage): Promise<void> {
    const { clock, rules, generationOf } = this.options;
    if (generationOf(id) === undefined) throw new HubError('DeviceNotFound', `The device '${id}' is not registered.`);
    if (sizeOf(message) > maxMessageBytes) {
      throw new HubError('MessageTooLarge', `A message to a device has ${maxMessageBytes} bytes at most.`);
    }
    this.options.store?.check();
    const now = Math.floor(clock.now());
    const queue = this.#queueOf(id);
    this.#refresh(id, queue, now);
    if (queue.size >= maxQueued) {
      throw new HubError('DeviceMaximumQueueDepthExceeded', `The device '${id}' has ${maxQueued} messages waiting.`);
    }
    const keptUntil = message.expiresAt ?? now + rules.ttlMs;
    const queued: QueuedMessage = {
      ...message,
      keptUntil,
      sequenceNumber: ++this.#lastSequenceNumber,
      enqueuedAt: now,
      deliveryCount: 0,
    };
    if (keptUntil <= now) return this.#left(id, { message: queued, outcome: 'Expired' });
    queue.add(queued);
    this.#count(id, queue);
    const kept = this.options.store?.put('message', keyOf(id, queued), toText(queued));
    this.available.emit('available', id);
    await kept;
  }

  /** Gives a device its next message, locked for so long; undefined where there is none. */
  receive(id: string, lockMs?: number): LockedMessage | undefined {
    const queue = this.#queues.get(id);
    if (!queue) return undefined;
    const now = this.options.clock.now();
    this.#refresh(id, queue, now);
    return queue.lock(now, lockMs);
  }

  /** The device has done what the message is about. @throws HubError DeviceMessageLockLost */
  complete(id: string, lockToken: string): Promise<void> {
    return this.#left(id, { message: this.#take(id, lockToken), outcome: 'Success' });
  }

  /** The device cannot do it. @throws HubError DeviceMessageLockLost */
  reject(id: string, lockToken: string): Promise<void> {
    return this.#left(id, { message: this.#take(id, lockToken), outcome: 'Rejected' });
  }

  /** The device gives it back. @throws HubError DeviceMessageLockLost */
  abandon(id: string, lockToken: string): Promise<void> {
    const message = this.#take(id, lockToken);
    return this.#putBack(id, this.#queueOf(id), [message], this.options.clock.now());
  }

  /** Takes back what waits for a device; answers how many messages that were. */
  async purge(id: string): Promise<number> {
    this.options.store?.check();
    const purged = this.#queues.get(id)?.purge() ?? [];
    await Promise.all(purged.map((message) => this.#left(id, { message, outcome: 'Purged' })));
    return purged.length;
  }

  /** Forgets the messages of a device that is gone. */
  async forget(id: string): Promise<void> {
    const queue = this.#queues.get(id);
    if (!queue) return;
    this.#queues.delete(id);
    const messages = [...queue.takeUnlocked(Number.POSITIVE_INFINITY), ...queue.purge()];
    await Promise.all(messages.map((message) => this.options.store?.delete('message', keyOf(id, message))));
  }

  /** Puts back what was locked too long, and lets go what has expired. */
  sweep(): void {
    const now = this.options.clock.now();
    this.feedback.sweep(now);
    for (const [id, queue] of this.#queues) {
      this.#refresh(id, queue, now);
      if (queue.size === 0) this.#queues.delete(id);
    }
  }

  stop(): void {
    clearInterval(this.#sweeper);
  }

  #load(id: string, message: QueuedMessage): void {
    this.#lastSequenceNumber = Math.max(this.#lastSequenceNumber, message.sequenceNumber);
    if (this.options.generationOf(id) !== undefined) this.#queueOf(id).add(message);
  }

  #queueOf(id: string): DeviceQueue {
    const known = this.#queues.get(id);
    if (known) return known;
    const queue = new DeviceQueue(this.options.rules);
    this.#queues.set(id, queue);
    return queue;
  }

  #take(id: string, lockToken: string): QueuedMessage {
    this.options.store?.check();
    const queue = this.#queues.get(id);
    if (queue) this.#refresh(id, queue, this.options.clock.now());
    const message = queue?.take(lockToken);
    if (!message) throw new HubError('DeviceMessageLockLost', `The device '${id}' has no message with this lock.`);
    return message;
  }

  async #putBack(id: string, queue: DeviceQueue, messages: readonly QueuedMessage[], now: number): Promise<void> {
    const written = messages.map((message) => {
      const settled = queue.putBack(message, now);
      if (settled) return this.#left(id, settled);
      return this.options.store?.put('message', keyOf(id, message), toText(message));
    });
    this.#count(id, queue);
    this.available.emit('available', id);
    await Promise.all(written);
  }

  /** What time has done to a queue meanwhile. Nobody waits for it to be durable: it would be done again. */
  #refresh(id: string, queue: DeviceQueue, now: number): void {
    for (const settled of queue.expire(now)) void this.#left(id, settled).catch(() => {});
    const over = queue.takeUnlocked(now);
    if (over.length > 0) void this.#putBack(id, queue, over, now).catch(() => {});
  }

  async #left(id: string, settled: Settled): Promise<void> {
    const { store, generationOf } = this.options;
    const queue = this.#queues.get(id);
    if (queue) this.#count(id, queue);
    await Promise.all([
      store?.delete('message', keyOf(id, settled.message)),
      this.feedback.tell(id, generationOf(id) ?? '', settled),
    ]);
  }

  #count(id: string, { size }: DeviceQueue): void {
    this.options.counted(id, size);
  }
}

/** No id holds a space. */
function keyOf(id: string, { sequenceNumber }: QueuedMessage): string {
  return `${id} ${sequenceNumber}`;
}

function sizeOf({ body, properties }: CloudMessage): number {
  return body.length + Buffer.byteLength(Object.entries(properties).flat().join(''));
}
