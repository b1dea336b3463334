import type { Binding, TypedData } from '../core/rpc';
import { encodeMessage } from '../queues/queueMessage';
import { enqueue, openQueues, queueName } from '../queues/queues';
import { type QueueOptions, readConnectionString } from '../settings';

/**
 * Puts what a function leaves into a Storage queue, which is made where it is missing: each element of an array as a
 * message of its own.
 *
 * @throws Error where the connection is not configured, or the queue does not take a message.
 */
export async function sendMessages(
  { connection, queueName: name }: Binding,
  value: TypedData,
  encoding: QueueOptions['messageEncoding'],
): Promise<void> {
  const queues = await openQueues(readConnectionString(connection));
  for (const body of bodiesOf(value)) await enqueue(queues, queueName(name), encodeMessage(body, encoding));
}

function bodiesOf({ string, bytes, json, int, double }: TypedData): (string | Uint8Array)[] {
  if (typeof json !== 'string') return [string ?? bytes ?? String(int ?? double)];
  const parsed: unknown = JSON.parse(json);
  return [parsed].flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}
