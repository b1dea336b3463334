import type { EventMessage } from '../amqp/message/eventMessage';
import { PartitionLog } from './partitionLog';
import { partitionOfKey } from './partitionOfKey';
import type { EventHubDefinition } from './topology';

const hourMs = 60 * 60 * 1000;

/** The consumer group that every Event Hub has. */
const defaultConsumerGroup = '$Default';

/** An Event Hub: partitions, each an ordered log, and the consumer groups that may read them. */
export class EventHub {
  readonly name: string;
  readonly createdAt = Date.now();
  readonly partitions: readonly PartitionLog[];
  readonly #consumerGroups: ReadonlySet<string>;
  #next = 0;

  constructor({ name, partitionCount, retentionHours, consumerGroups }: EventHubDefinition) {
    this.name = name;
    this.partitions = Array.from({ length: partitionCount }, () => new PartitionLog(retentionHours * hourMs));
    this.#consumerGroups = new Set([defaultConsumerGroup, ...consumerGroups].map((group) => group.toLowerCase()));
  }

  /** Names of consumer groups do not differ by case. */
  hasConsumerGroup(name: string): boolean {
    return this.#consumerGroups.has(name.toLowerCase());
  }

  partition(id: string): PartitionLog | undefined {
    return /^\d{1,3}$/.test(id) ? this.partitions[Number(id)] : undefined;
  }

  /** Appends where all events of the key are, in their order; without a key, to each partition in turn. */
  append(message: EventMessage, key?: string): void {
    const count = this.partitions.length;
    this.partitions[key === undefined ? this.#next++ % count : partitionOfKey(key, count)]?.append(message);
  }
}
