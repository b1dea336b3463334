import type { InvocationContext } from '@azure/functions';
import * as z from 'zod/mini';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { toUtc } from '../changes/eventTime';
import { fitEvent, fitForTopic } from '../changes/fitForTopic';
import { parseHubNotification } from '../changes/hubNotification';
import { pairProperties } from '../changes/pairProperties';
import type { BadMessage, PutAside } from '../changes/putAside';
import type { TopicEvent } from '../changes/topicEvent';
import { toTwinEvent } from '../changes/toTwinEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { InvalidInputError } from '../errors/invalidInputError';
import { type Entry, placeOf } from '../feed/feedRow';
import { formatPairs } from '../formatPairs';

/** What the host tells of a batch, in lists beside its messages. A message by hand comes without them. */
const batchSchema = z.object({
  propertiesArray: z.catch(z.array(z.unknown()), []),
  sequenceNumberArray: z.catch(z.array(z.unknown()), []),
  enqueuedTimeUtcArray: z.catch(z.array(z.string()), []),
  partitionContext: z.catch(
    z.object({
      fullyQualifiedNamespace: z.optional(z.string()),
      eventHubName: z.optional(z.string()),
      partitionId: z.string(),
    }),
    { partitionId: 'unknown' },
  ),
});

type Batch = z.infer<typeof batchSchema>;

/**
 * Turns a batch of the hub's notifications into CloudEvents for the topic, and writes them to the feed before it hands
 * them on. One that cannot be read is logged and put
 * aside: it would fail every time, and hold up its neighbours.
 */
export async function relayTwinChanges(
  messages: unknown[],
  context: InvocationContext,
  { settings, records }: Services,
): Promise<TopicEvent[] | undefined> {
  need(settings.eventHub);
  need(settings.topic);
  const batch = batchSchema.parse(context.triggerMetadata ?? {});
  const trace = traceOf(context);
  const bad: BadMessage[] = [];
  const read = pairProperties(messages, batch.propertiesArray).flatMap(({ body, properties, index }) => {
    const sequenceNumber = String(batch.sequenceNumberArray[index]);
    try {
      return [{ event: toTwinEvent(parseHubNotification(body, properties)), sequenceNumber }];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const { partitionId } = batch.partitionContext;
      bad.push({ partitionId, sequenceNumber, fault: error.message, body, properties });
      return [];
    }
  });
  const kept = records();
  await putAside(bad, context, kept?.putAside);
  await kept?.feedWriter.write(sourceOf(batch), read.flatMap(toEntry));
  context.log(describeBatch(read.length, messages.length, batch));
  return read.length > 0 ? fitForTopic(read.map(({ event }) => ({ ...event, ...trace }))) : undefined;
}

/** The partition, by names that no other one has. */
function sourceOf({ partitionContext: { fullyQualifiedNamespace, eventHubName, partitionId } }: Batch): string {
  return [fullyQualifiedNamespace, eventHubName, partitionId].join('/');
}

/** A message by hand has no number, and so no place in the feed. */
function toEntry({ event, sequenceNumber }: { event: TwinEvent; sequenceNumber: string }): Entry[] {
  if (!/^\d{1,19}$/.test(sequenceNumber)) return [];
  return [{ place: placeOf(sequenceNumber), event: fitEvent(event) }];
}

/**
 * The trace that the reactions carry on; where the host traces nothing (`func start` without Application Insights), one
 * of this invocation's id, by which its lines are found in the log.
 */
function traceOf({ traceContext, invocationId }: InvocationContext): { traceparent?: string } {
  const id = invocationId.replaceAll('-', '');
  const own = /^[0-9a-f]{32}$/.test(id) ? `00-${id}-${id.slice(16)}-00` : undefined;
  const traceparent = traceContext?.traceParent || own;
  return traceparent ? { traceparent } : {};
}

/** Before the batch is done: were they not kept, the batch would come again. */
async function putAside(bad: BadMessage[], context: InvocationContext, store: PutAside | undefined): Promise<void> {
  for (const message of bad) {
    const { partitionId, sequenceNumber, fault } = message;
    await store?.keepMessage(message);
    const what = store ? 'put aside' : 'skipped';
    context.error(`Notification ${what} (partition ${partitionId}, sequence number ${sequenceNumber}): ${fault}`);
  }
}

function describeBatch(events: number, messages: number, { partitionContext, enqueuedTimeUtcArray }: Batch): string {
  const partition = partitionContext.partitionId;
  // The host writes it in UTC, and does not say so.
  const [oldest = ''] = enqueuedTimeUtcArray;
  const enqueued = Date.parse(toUtc(oldest) ?? toUtc(`${oldest}Z`) ?? '');
  const lag = enqueued ? { lagMs: Date.now() - enqueued } : {};
  return `relaying ${events} of ${messages} notifications | ${formatPairs({ partition, ...lag })}`;
}
