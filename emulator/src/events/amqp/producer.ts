import rhea, { type EventContext } from 'rhea';
import type { EventMessage } from '../partitionLog';
import type { Target } from './address';

/** Largest message or batch, in bytes (Event Hubs, Standard tier). */
const maxBytes = 1024 * 1024;

/** Takes what a producer sent: an event, or a batch of them, all of one partition key. */
export function accept({ message, delivery }: EventContext, target: Target): void {
  if (Buffer.isBuffer(message) && message.length > maxBytes) {
    delivery?.reject({ condition: 'amqp:link:message-size-exceeded', description: `At most ${maxBytes} bytes.` });
    return;
  }
  const single = message as unknown as EventMessage;
  const [envelope, events] = Buffer.isBuffer(message) ? unpack(message) : [single, [single]];
  const key = envelope.message_annotations?.['x-opt-partition-key'];
  for (const event of events) append(target, event, typeof key === 'string' ? key : undefined);
  delivery?.accept();
}

/** Messages of a format other than 0 come as bytes: a batch, each event encoded in a data section of its own. */
function unpack(encoded: Buffer): [envelope: EventMessage, events: EventMessage[]] {
  const envelope = rhea.message.decode(encoded) as unknown as EventMessage;
  const { content } = envelope.body as { content: Buffer | Buffer[] };
  return [envelope, [content].flat().map((each) => rhea.message.decode(each) as unknown as EventMessage)];
}

function append(target: Target, event: EventMessage, key: string | undefined): void {
  if (target.kind === 'partition') target.log.append(event);
  else if (target.kind === 'hub') target.hub.append(event, key);
}
