import type { EventHub } from '../eventHub';
import type { PartitionLog } from '../partitionLog';

/** What the address of a link names. */
export type Target =
  | { kind: 'management' }
  | { kind: 'hub'; hub: EventHub }
  | { kind: 'partition'; hub: EventHub; log: PartitionLog }
  | { kind: 'consumer'; hub: EventHub; consumerGroup: string; partitionId: string; log: PartitionLog };

/**
 * Reads an address: `$management`, `hub/$management`, `hub`, `hub/Partitions/0` or `hub/ConsumerGroups/group/Partitions/0`, with or
 * without `amqps://host/` or `/` in front. `undefined` where it names nothing that exists.
 */
export function parseAddress(address: string, hubs: ReadonlyMap<string, EventHub>): Target | undefined {
  const [first = '', ...rest] = address.replace(/^(?:\w+:\/\/[^/]+)?\//, '').split('/');
  if (first === '$management') return { kind: 'management' };
  const hub = hubs.get(first);
  if (!hub) return undefined;
  if (rest.length === 0) return { kind: 'hub', hub };
  if (rest.join() === '$management') return { kind: 'management' };
  const [, group, partitionId = ''] = /^(?:ConsumerGroups\/([^/]+)\/)?Partitions\/([^/]+)$/i.exec(rest.join('/')) ?? [];
  const log = hub.partition(partitionId);
  if (!log) return undefined;
  if (group === undefined) return { kind: 'partition', hub, log };
  return hub.hasConsumerGroup(group) ? { kind: 'consumer', hub, consumerGroup: group, partitionId, log } : undefined;
}
