import { Opened } from '../storage/opened';
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

/** The queue of this app. */
export class Queue {
  readonly #sink: Opened<MessageSink>;

  constructor(
    address: StorageAddress,
    private readonly name: string,
  ) {
    this.#sink = new Opened(async () => (await import('./storageQueue')).openQueue(address, name));
  }

  /**
   * Sends a message, as JSON; once more where somebody has deleted the queue.
   *
   * @throws QueueError where the storage account cannot be reached, or refuses.
   */
  async send(message: object, delaySeconds = 0): Promise<void> {
    const text = JSON.stringify(message);
    try {
      await this.#sink.use((sink) => sink.send(text, delaySeconds));
    } catch (error) {
      throw toStorageError(QueueError, { ...service, name: `Queue Storage, ${this.name}` }, error);
    }
  }
}
