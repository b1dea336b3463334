import type { Sender } from 'rhea';
import { entry } from '../../amqp/message/amqpValues';
import { withDeliveryAnnotations } from '../../amqp/message/eventMessage';
import { socketOf } from '../../amqp/rheaInternals';
import { writeAtOnce } from '../../wire/writeAtOnce';
import type { PartitionLog, Position } from '../partitionLog';

/** The mode of a receiver that wants to settle by itself (AMQP 1.0, 2.8.2). */
const unsettled = 0;

/**
 * Feeds one receiver of a client from a partition, as far as its credit goes, and goes on as events come.
 *
 * @returns ends the feeding.
 */
export function feed(link: Sender, log: PartitionLog, position: Position | 'latest'): () => void {
  const tracksEnd = [link.desired_capabilities].flat().includes('com.microsoft:enable-receiver-runtime-metric');
  // As Event Hubs does where the receiver leaves it the choice: then nothing comes back for each event.
  const settled = link.snd_settle_mode !== unsettled;
  let next = position === 'latest' ? log.end : log.find(position);
  const pump = () => {
    while (link.is_open() && link.sendable()) {
      const event = log.at(next);
      if (!event) break;
      writeAtOnce(socketOf(link.connection));
      const bytes = tracksEnd ? withDeliveryAnnotations(event, endOfPartition(log)) : event.bytes;
      Object.assign(link.send(bytes, undefined, 0), { settled });
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

/** What a receiver that tracks the end of its partition gets with each event: the last one that there is. */
function endOfPartition({ last }: PartitionLog): Buffer[] {
  if (!last) return [];
  return [
    entry('last_enqueued_sequence_number', { long: last.sequenceNumber }),
    entry('last_enqueued_offset', { string: String(last.sequenceNumber) }),
    entry('last_enqueued_time_utc', { timestamp: last.enqueuedAt }),
    entry('runtime_info_retrieval_time_utc', { timestamp: Date.now() }),
  ];
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
