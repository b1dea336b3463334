import { EventEmitter } from 'node:events';
import type { QueueServiceClient } from '@azure/storage-queue';

/** Tells the readers of this host that it has itself put a message into a queue, by the queue's name. */
export const enqueued = new EventEmitter<Record<string, []>>().setMaxListeners(0);

/** A message is tried again soon, since somebody waits for it; the client's own first pause is 4 s. */
const retryOptions = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

/** The queues of a storage account. The client is loaded when it is used: other apps do not wait for it. */
export async function openQueues(connectionString: string): Promise<QueueServiceClient> {
  const { QueueServiceClient } = await import('@azure/storage-queue');
  return QueueServiceClient.fromConnectionString(connectionString, { retryOptions });
}

/**
 * The name of a queue as a binding gives it, in lower case as the extension makes it.
 *
 * @throws Error where it is none.
 */
export function queueName(text: unknown): string {
  const name = String(text ?? '').toLowerCase();
  if (isQueueName(name)) return name;
  throw new Error(`'${name}' is not a queue's name: 3 to 63 letters, digits and single dashes, none at either end.`);
}

/** Where the messages of a queue go that failed too often: nowhere, if it is itself such a queue or its name is too long. */
export function poisonQueueName(name: string): string | undefined {
  const poison = `${name}-poison`;
  return name.endsWith('-poison') || !isQueueName(poison) ? undefined : poison;
}

/** Puts a message, as it goes over the wire, into a queue, which is made where it is missing. */
export async function enqueue(queues: QueueServiceClient, name: string, text: string): Promise<void> {
  const queue = queues.getQueueClient(name);
  try {
    await queue.sendMessage(text);
  } catch (error) {
    if (!hasCode(error, 'QueueNotFound')) throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(text);
  }
  enqueued.emit(name);
}

/** Whether the storage service refused a request for one of these reasons. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function isQueueName(name: string): boolean {
  return /^[a-z0-9](?:-?[a-z0-9])+$/.test(name) && name.length >= 3 && name.length <= 63;
}
