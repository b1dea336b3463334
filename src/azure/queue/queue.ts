import type { StorageAddress } from '../storage/storageAddress';
import { isGone, toStorageError } from '../storage/storageFault';
import type { MessageSink } from './messageSink';

/** The queue did not take a message, in words that say what to look at. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

const service = {
  role: 'Storage Queue Data Contributor',
  question: 'is the storage account of TagJobs there and reachable?',
};

/** The queue of this app, opened when it is first used, and again after it could not be opened, or was deleted. */
export class Queue {
  #opened: Promise<MessageSink> | undefined;

  constructor(
    private readonly address: StorageAddress,
    private readonly name: string,
  ) {}

  /**
   * Sends a message, as JSON.
   *
   * @throws QueueError where the storage account cannot be reached, or refuses.
   */
  async send(message: object, delaySeconds = 0): Promise<void> {
    const text = JSON.stringify(message);
    try {
      await this.#send(text, delaySeconds).catch((error: unknown) => {
        if (!isGone(error)) throw error;
        return this.#send(text, delaySeconds);
      });
    } catch (error) {
      throw toStorageError(QueueError, { ...service, name: `Queue Storage, ${this.name}` }, error);
    }
  }

  async #send(text: string, delaySeconds: number): Promise<void> {
    const opening = this.#open();
    try {
      await (await opening).send(text, delaySeconds);
    } catch (error) {
      if (isGone(error)) this.#forget(opening);
      throw error;
    }
  }

  #open(): Promise<MessageSink> {
    if (this.#opened) return this.#opened;
    const opening = import('./storageQueue').then(({ openQueue }) => openQueue(this.address, this.name));
    this.#opened = opening;
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  /** Another message may have opened it again meanwhile. */
  #forget(opening: Promise<MessageSink>): void {
    if (this.#opened === opening) this.#opened = undefined;
  }
}
