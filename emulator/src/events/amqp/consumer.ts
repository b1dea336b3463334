import rhea, { type Sender } from 'rhea';
import type { PartitionLog, Position, StoredEvent } from '../partitionLog';

/**
 * Feeds one receiver of a client from a partition, as far as its credit goes, and goes on as events come.
 *
 * @returns ends the feeding.
 */
export function feed(link: Sender, log: PartitionLog, position: Position | 'latest'): () => void {
  let next = position === 'latest' ? log.end : log.find(position);
  const pump = () => {
    while (link.is_open() && link.sendable()) {
      const event = log.at(next);
      if (!event) break;
      link.send(toMessage(event));
      next = event.sequenceNumber + 1;
    }
    link.set_drained(log.at(next) === undefined);
  };
  // In the next turn: credit may come together with the opening of the link, whose answer rhea would write after events.
  const start = setImmediate(() => {
    log.appended.on('event', pump);
    link.on('sendable', pump);
    link.on('sender_draining', pump);
    pump();
  });
  return () => {
    clearImmediate(start);
    log.appended.off('event', pump);
  };
}

function toMessage({ message, sequenceNumber, enqueuedAt }: StoredEvent) {
  return {
    ...message,
    message_annotations: {
      ...message.message_annotations,
      'x-opt-sequence-number': rhea.types.wrap_long(sequenceNumber),
      'x-opt-offset': String(sequenceNumber),
      'x-opt-enqueued-time': rhea.types.wrap_timestamp(enqueuedAt),
    },
  };
}

const annotations = {
  'x-opt-offset': 'offset',
  'x-opt-sequence-number': 'sequenceNumber',
  'x-opt-enqueued-time': 'enqueuedTime',
} as const;

/**
 * Reads the selector of a receiver: `amqp.annotation.x-opt-offset > '@latest'`, or a number with one of the three
 * annotations. Without a selector it starts at the beginning.
 *
 * @returns undefined where it is of another form.
 */
export function parsePosition(selector: string | undefined): Position | 'latest' | undefined {
  if (selector === undefined) return { by: 'offset', value: -1, inclusive: false };
  const [, annotation = '', operator, value = ''] =
    /^amqp\.annotation\.(x-opt-[a-z-]+) (>=?) '?(@latest|-?\d+)'?$/.exec(selector) ?? [];
  if (!Object.hasOwn(annotations, annotation)) return undefined;
  if (value === '@latest') return 'latest';
  const by = annotations[annotation as keyof typeof annotations];
  return { by, value: Number(value), inclusive: operator === '>=' };
}
