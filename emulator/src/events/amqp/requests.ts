import rhea, { type Message } from 'rhea';
import type { Answer } from '../../amqp/replies';
import type { PolicyKeys } from '../../security/accessControl';
import { isHost, isSignedWith, parseSharedAccessSignature, scopeOf } from '../../security/sharedAccessSignature';
import type { EventHub } from '../eventHub';
import type { PartitionLog } from '../partitionLog';

/** The policy of the namespace, in the name that Event Hubs gives its first one. */
export const namespacePolicy = 'RootManageSharedAccessKey';

export const notAuthorized: Answer = {
  statusCode: 401,
  statusDescription: 'There is no valid token: check SharedAccessKeyName and SharedAccessKey.',
};

/** A token that is good. */
export interface GoodToken {
  policy: string;
  /** Milliseconds since the epoch. */
  until: number;
  /** The Event Hub that it is for; undefined where it is for all of the namespace. */
  entity: string | undefined;
}

/** Checks a SAS token of the namespace's policy. */
export function readToken(text: unknown, key: string): GoodToken | undefined {
  return readTokenOf({ [namespacePolicy]: key }, text);
}

/**
 * The same of several policies by their names. Event Hubs keys are text: what signs is the key as written, not what its
 * base64 stands for.
 *
 * @returns undefined where it is not good.
 */
export function readTokenOf(keys: PolicyKeys, text: unknown): GoodToken | undefined {
  const token = parseSharedAccessSignature(String(text));
  const policy = token?.skn ?? '';
  if (!token || !Object.hasOwn(keys, policy) || !isSignedWith(token, Buffer.from(keys[policy] ?? ''))) return undefined;
  // `sb://host/hub/ConsumerGroups/…`, as the client that signs names what it opens.
  const [host = '', entity] = scopeOf(token.sr.replace(/^\w+(:|%3a)(\/|%2f){2}/i, ''));
  return isHost.test(host) ? { policy, until: token.se * 1000, entity } : undefined;
}

/** `READ` over `$management`: the properties of an Event Hub, or of one of its partitions. */
export function readProperties(
  { application_properties: properties }: Message,
  hubs: ReadonlyMap<string, EventHub>,
): Answer {
  const hub = hubs.get(String(properties?.name));
  if (properties?.operation !== 'READ') return { statusCode: 400, statusDescription: 'READ only' };
  if (!hub) return { statusCode: 404, statusDescription: `There is no Event Hub '${properties.name}'.` };
  if (properties.type === 'com.microsoft:eventhub') return ok(hubProperties(hub));
  const partition = hub.partition(String(properties.partition));
  if (!partition) return { statusCode: 404, statusDescription: `There is no partition '${properties.partition}'.` };
  return ok(partitionProperties(hub, String(properties.partition), partition));
}

function ok(body: unknown): Answer {
  return { statusCode: 200, statusDescription: 'OK', body };
}

function hubProperties({ name, createdAt, partitions }: EventHub) {
  const ids = partitions.map((_, id) => String(id));
  return {
    type: 'com.microsoft:eventhub',
    name,
    created_at: rhea.types.wrap_timestamp(createdAt),
    partition_count: rhea.types.wrap_int(partitions.length),
    partition_ids: rhea.types.wrap_array(ids, 0xa1, undefined),
    georeplication_factor: rhea.types.wrap_int(1),
  };
}

function partitionProperties(hub: EventHub, partition: string, { begin, end, last }: PartitionLog) {
  return {
    type: 'com.microsoft:partition',
    name: hub.name,
    partition,
    begin_sequence_number: rhea.types.wrap_long(begin),
    last_enqueued_sequence_number: rhea.types.wrap_long(last ? last.sequenceNumber : end - 1),
    last_enqueued_offset: String(end - 1),
    last_enqueued_time_utc: rhea.types.wrap_timestamp(last?.enqueuedAt ?? hub.createdAt),
    is_partition_empty: last === undefined,
  };
}
