import type { QueueAddress } from './queueAddress';

/** Takes messages. */
export interface MessageSink {
  /** @param delaySeconds how long nobody sees the message. */
  send(text: string, delaySeconds: number): Promise<void>;
}

/** The queue did not take a message, in words that say what to look at. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

/** The queue of this app, opened when it is first used, and again after it could not be opened. */
export class Queue {
  #opened: Promise<MessageSink> | undefined;

  constructor(
    private readonly address: QueueAddress,
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
      throw toQueueError(this.name, error);
    }
  }
}

/** What the service answers may quote the request, headers and all: only its status and code are told. */
function toQueueError(queue: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined && code === undefined && error.name !== 'AbortError') return error;
  const fault = [statusCode, code].filter((part) => part !== undefined).join(' ') || 'no answer in time';
  const hint =
    statusCode === 401 || statusCode === 403
      ? 'the app needs the role Storage Queue Data Contributor, or a valid key'
      : 'is the storage account of TagJobs there and reachable?';
  return new QueueError(`Queue Storage, ${queue}: ${fault}; ${hint}`, { cause: error.name });
}
