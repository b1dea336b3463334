import type { Delivery } from 'rhea';
import { annotationText, readBatch, readMessage } from '../../amqp/message/eventMessage';
import { accept, reject } from '../../amqp/rheaInternals';
import { maxMessageBytes } from '../../amqp/server';
import type { Target } from './address';

/** How far ahead a producer may send, in messages. */
export const producerCredit = 1000;

/** Format of a message that is a batch. */
const batchFormat = 0x80013700;

/** Takes what a producer sent, an event or a batch of them, all of one partition key: all of it, or none. */
export function take(bytes: Buffer, delivery: Delivery | undefined, target: Target): void {
  if (bytes.length > maxMessageBytes) {
    reject(delivery, 'amqp:link:message-size-exceeded', `The message is longer than ${maxMessageBytes} bytes.`);
    return;
  }
  try {
    const envelope = readMessage(bytes);
    const key = annotationText(envelope, 'x-opt-partition-key');
    for (const event of delivery?.format === batchFormat ? readBatch(bytes) : [envelope]) {
      if (target.kind === 'partition') target.log.append(event);
      else if (target.kind === 'hub') target.hub.append(event, key);
    }
    accept(delivery);
  } catch (error) {
    reject(delivery, 'amqp:decode-error', `The message cannot be read: ${error}`);
  }
}
