import type { StorageAddress } from '../storage/storageAddress';
import { toStorageError } from '../storage/storageFault';
import type { MessageSink } from './messageSink';

/** The queue did not take a message, in words that say what to look at. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

const service = {
  role: 'Storage Queue Data Contributor',
  question: 'is the storage account of TagJobs there and reachable?',
};

/** The queue of this app, opened when it is first used, and again after it could not be opened. */
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
    try {
      this.#opened ??= import('./storageQueue').then(({ openQueue }) => openQueue(this.address, this.name));
      const sink = await this.#opened.catch((error: unknown) => {
        this.#opened = undefined;
        throw error;
      });
      await sink.send(JSON.stringify(message), delaySeconds);
    } catch (error) {
      throw toStorageError(QueueError, { ...service, name: `Queue Storage, ${this.name}` }, error);
    }
  }
}
