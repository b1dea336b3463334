import { QueueServiceClient } from '@azure/storage-queue';
import type { StorageAddress } from '../storage/storageAddress';
import type { MessageSink } from './messageSink';

/** Longest wait for one call with its retries, in milliseconds: somebody waits, or a message that comes again. */
const callMs = 15_000;

const retryOptions = { maxTries: 4, tryTimeoutInMs: 5000, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

/** Opens a queue, which is made where it is missing. */
export async function openQueue(address: StorageAddress, name: string): Promise<MessageSink> {
  const queue = (await connect(address)).getQueueClient(name);
  await queue.createIfNotExists({ abortSignal: AbortSignal.timeout(callMs) });
  return {
    async send(text, delaySeconds) {
      // Base64 is what the queue trigger of the host decodes unless told otherwise.
      await queue.sendMessage(Buffer.from(text).toString('base64'), {
        visibilityTimeout: delaySeconds,
        abortSignal: AbortSignal.timeout(callMs),
      });
    },
  };
}

async function connect(address: StorageAddress): Promise<QueueServiceClient> {
  const options = { retryOptions };
  if (address.kind === 'key') return QueueServiceClient.fromConnectionString(address.connectionString, options);
  const { createCredential } = await import('../storage/identity');
  return new QueueServiceClient(address.endpoint, createCredential(address.clientId), options);
}
