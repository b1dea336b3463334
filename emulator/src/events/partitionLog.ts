import { EventEmitter } from 'node:events';
import { entry } from '../amqp/message/amqpValues';
import { type EncodedEvent, type EventMessage, writeMessage } from '../amqp/message/eventMessage';

/** An event in its place. */
export interface StoredEvent extends EncodedEvent {
  sequenceNumber: number;
  /** Milliseconds since the epoch. */
  enqueuedAt: number;
}

/** Where to read from: a bound on one of the three annotations, as the selector of a receiver says it. */
export interface Position {
  by: 'offset' | 'sequenceNumber' | 'enqueuedTime';
  value: number;
  inclusive: boolean;
}

/** Most events that a partition keeps, whatever its retention. */
export const maxEvents = 20_000;

/**
 * The ordered events of one partition, in memory, bounded by age and number. Each is kept as the bytes that every reader gets.
 *
 * Sequence numbers, which serve as offsets too, start at the microseconds of the epoch. A log is lost with its process;
 * had the next one started at 0, a checkpoint kept by a reader since before the restart would hide the new events.
 */
export class PartitionLog {
  /** Tells readers of each new event. */
  readonly appended = new EventEmitter<{ event: [] }>().setMaxListeners(0);
  readonly #first = Date.now() * 1000;
  readonly #events: StoredEvent[] = [];
  #dropped = 0;

  constructor(private readonly retentionMs: number) {}

  append(message: EventMessage): void {
    const [sequenceNumber, enqueuedAt] = [this.end, Date.now()];
    const added = {
      'x-opt-sequence-number': entry('x-opt-sequence-number', { long: sequenceNumber }),
      'x-opt-offset': entry('x-opt-offset', { string: String(sequenceNumber) }),
      'x-opt-enqueued-time': entry('x-opt-enqueued-time', { timestamp: enqueuedAt }),
    };
    const { bytes, headerLength } = writeMessage(message, added);
    this.#events.push({ sequenceNumber, enqueuedAt, bytes: alone(bytes), headerLength });
    this.#expire(enqueuedAt);
    this.appended.emit('event');
  }

  /** Sequence number of the oldest event kept, or of the next one where none is. */
  get begin(): number {
    return this.#first + this.#dropped;
  }

  /** Sequence number of the next event. */
  get end(): number {
    return this.begin + this.#events.length;
  }

  get last(): StoredEvent | undefined {
    return this.#events.at(-1);
  }

  /** The first event at or after a sequence number; those no longer kept are passed over. */
  at(sequenceNumber: number): StoredEvent | undefined {
    return this.#events[Math.max(0, sequenceNumber - this.begin)];
  }

  /** Sequence number of the first event that a position asks for. */
  find({ by, value, inclusive }: Position): number {
    if (by !== 'enqueuedTime') return inclusive ? value : value + 1;
    const index = this.#events.findIndex(({ enqueuedAt }) => (inclusive ? enqueuedAt >= value : enqueuedAt > value));
    return index < 0 ? this.end : this.begin + index;
  }

  #expire(now: number): void {
    let expired = 0;
    while ((this.#events[expired]?.enqueuedAt ?? now) < now - this.retentionMs) expired++;
    // Dropped in thousands, since each drop moves what stays.
    if (this.#events.length - expired > maxEvents + 1000) expired += 1000;
    this.#events.splice(0, expired);
    this.#dropped += expired;
  }
}

/** Bytes in memory of their own: where they lie in Node's pool, they keep what lies beside them. */
function alone(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
