import type { DequeuedMessageItem, QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { Backoff } from '../backoff';
import type { HostFunction } from '../hostFunction';
import type { Log } from '../log';
import { HeldMessage, leaseSeconds } from '../queues/heldMessage';
import { decodeMessage, toTriggerInput } from '../queues/queueMessage';
import { enqueue, enqueued, hasCode, openQueues, poisonQueueName, queueName } from '../queues/queues';
import { type QueueOptions, readConnectionString } from '../settings';
import type { Listener } from './listener';

/** Shortest pause between looks at an empty queue, in milliseconds. */
const leastPollingMs = 100;

/**
 * Reads a Storage queue for a function, by the rules of the WebJobs SDK: a batch at a time, the next one as soon as no
 * more than `newBatchThreshold` messages are worked on. One that is done is deleted, one that fails comes again after
 * `visibilityTimeout`, and after `maxDequeueCount` tries goes to the queue `NAME-poison`. A queue that is not there is
 * waited for, not made.
 */
export class QueueReader implements Listener {
  readonly #connectionString: string;
  readonly #name: string;
  readonly #poisonName: string | undefined;
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<void>>();
  readonly #held = new Set<HeldMessage>();
  #reading: Promise<void> | undefined;
  #fault: string | undefined;
  #wake = () => {};
  #ended = () => {};

  /** @throws Error where the connection is not configured, or the queue's name is none. */
  constructor(
    private readonly fn: HostFunction,
    private readonly options: QueueOptions,
    private readonly log: Log,
  ) {
    this.#connectionString = readConnectionString(fn.trigger.connection);
    this.#name = queueName(fn.trigger.queueName);
    this.#poisonName = poisonQueueName(this.#name);
  }

  start(): void {
    enqueued.on(this.#name, this.#look);
    this.#reading = this.#read().catch((error: unknown) => this.#tell(error));
  }

  async stop(): Promise<void> {
    enqueued.off(this.#name, this.#look);
    this.#stopping.abort();
    this.#wake();
    await this.#reading;
    await Promise.all(this.#working);
  }

  readonly #look = () => this.#wake();

  /** Gives back what is still worked on: left alone, it would come again only when its lease ends. */
  async abandon(): Promise<void> {
    await Promise.allSettled([...this.#held].map((held) => held.release(0)));
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopping;
    const queues = await openQueues(this.#connectionString);
    const queue = queues.getQueueClient(this.#name);
    const backoff = new Backoff(leastPollingMs, this.options.maxPollingInterval);
    while (!signal.aborted) {
      const messages = await this.#receive(queue);
      if (signal.aborted) return this.#giveBack(queue, messages);
      if (messages.length === 0) {
        await this.#pause(backoff.next());
        continue;
      }
      backoff.reset();
      for (const message of messages) this.#begin(queues, new HeldMessage(queue, message));
      while (this.#working.size > this.options.newBatchThreshold) await this.#oneEnded();
    }
  }

  /** The next messages; none where the queue is not there, or cannot be reached. */
  async #receive(queue: QueueClient): Promise<DequeuedMessageItem[]> {
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: this.options.batchSize,
        visibilityTimeout: leaseSeconds,
      });
      this.#fault = undefined;
      return receivedMessageItems;
    } catch (error) {
      if (!hasCode(error, 'QueueNotFound')) this.#tell(error);
      return [];
    }
  }

  async #giveBack(queue: QueueClient, messages: DequeuedMessageItem[]): Promise<void> {
    await Promise.all(messages.map((message) => new HeldMessage(queue, message).release(0)));
  }

  /** Waits until the time is over, the host stops, or it has put a message into this queue itself. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits until a message is no more worked on. */
  #oneEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  #begin(queues: QueueServiceClient, held: HeldMessage): void {
    this.#held.add(held);
    const work = this.#work(queues, held)
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        held.leave();
        this.#held.delete(held);
        this.#working.delete(work);
        this.#ended();
      });
    this.#working.add(work);
  }

  async #work(queues: QueueServiceClient, held: HeldMessage): Promise<void> {
    const { messageId, messageText, dequeueCount } = held.message;
    const { maxDequeueCount, messageEncoding, visibilityTimeout } = this.options;
    if (dequeueCount > maxDequeueCount) return this.#putAside(queues, held);
    const body = decodeMessage(messageText, messageEncoding);
    if (!body) {
      const advice = `Check MessageEncoding settings. MessageId=${messageId}.`;
      this.log('warning', 'system', `Message decoding has failed! ${advice}`);
      return this.#putAside(queues, held);
    }
    if (await this.#run(body, held.message)) return held.delete();
    // Without a place to put it, a message that fails stays out of sight until its lease ends: no fast endless loop.
    if (!this.#poisonName) return;
    return dequeueCount >= maxDequeueCount ? this.#putAside(queues, held) : held.release(visibilityTimeout);
  }

  async #run(body: Buffer, message: DequeuedMessageItem): Promise<boolean> {
    const { messageId, dequeueCount, insertedOn } = message;
    const details = `MessageId: ${messageId}, DequeueCount: ${dequeueCount}, InsertedOn: ${insertedOn.toISOString()}`;
    const input = toTriggerInput(body, message);
    if (!input) {
      this.log('error', 'system', `Functions.${this.fn.name}: the message ${messageId} is not valid UTF-8.`);
      return false;
    }
    // A failure is logged where it happens.
    const run = this.fn.invoke({ ...input, details }, `New queue message detected on '${this.#name}'.`);
    return run.then(
      () => true,
      () => false,
    );
  }

  async #putAside(queues: QueueServiceClient, held: HeldMessage): Promise<void> {
    if (!this.#poisonName) return;
    const { maxDequeueCount } = this.options;
    this.log(
      'warning',
      'system',
      `Message has reached MaxDequeueCount of ${maxDequeueCount}. Moving message to queue '${this.#poisonName}'.`,
    );
    await enqueue(queues, this.#poisonName, held.message.messageText);
    await held.delete();
  }

  /** Tells a fault once, not at each look while it lasts. */
  #tell(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (this.#stopping.signal.aborted || fault === this.#fault) return;
    this.#fault = fault;
    this.log('error', 'system', `Queue '${this.#name}': ${fault}`);
  }
}
