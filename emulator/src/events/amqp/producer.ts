import rhea, { type EventContext, type Message } from 'rhea';
import type { EventMessage } from '../partitionLog';
import type { Target } from './address';

/** Largest message or batch, in bytes (Event Hubs, Standard tier). */
export const maxMessageBytes = 1024 * 1024;

/** How far ahead a producer may send, in messages. */
export const producerCredit = 1000;

/** What a producer sent: events, all of one partition key where it names one. */
interface Batch {
  events: EventMessage[];
  key: unknown;
}

/** Takes what a producer sent, an event or a batch of them: all of it, or none. */
export function accept({ message, delivery }: EventContext, target: Target): void {
  try {
    if (encodedLength(message) > maxMessageBytes) {
      const description = `The message is longer than ${maxMessageBytes} bytes.`;
      delivery?.reject({ condition: 'amqp:link:message-size-exceeded', description });
      return;
    }
    append(target, unpack(message));
    delivery?.accept();
  } catch (error) {
    delivery?.reject({ condition: 'amqp:decode-error', description: `The message cannot be read: ${error}` });
  }
}

function encodedLength(message: EventContext['message']): number {
  return (Buffer.isBuffer(message) ? message : rhea.message.encode(message as Message)).length;
}

/** Messages of a format other than 0 come as bytes: a batch, each event encoded in a data section of its own. */
function unpack(message: EventContext['message']): Batch {
  const envelope = (Buffer.isBuffer(message) ? rhea.message.decode(message) : message) as unknown as EventMessage;
  const key = envelope.message_annotations?.['x-opt-partition-key'];
  if (!Buffer.isBuffer(message)) return { events: [envelope], key };
  const { content } = envelope.body as { content: Buffer | Buffer[] };
  return { events: [content].flat().map((each) => rhea.message.decode(each) as unknown as EventMessage), key };
}

function append(target: Target, { events, key }: Batch): void {
  for (const event of events) {
    if (target.kind === 'partition') target.log.append(event);
    else if (target.kind === 'hub') target.hub.append(event, typeof key === 'string' ? key : undefined);
  }
}
