import type { InvocationContext } from '@azure/functions';
import * as z from 'zod/mini';
import { fitForTopic } from '../changes/fitForTopic';
import { parseHubNotification } from '../changes/hubNotification';
import type { BadMessage, PutAside } from '../changes/putAside';
import { toTwinEvent } from '../changes/toTwinEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { formatPairs } from '../formatPairs';
import { InvalidInputError } from '../invalidInputError';
import { services as processServices, type Services } from '../services';
import { need } from '../settings';

/** What the host tells of a batch; the lists run parallel to its messages. A message by hand comes without them. */
const batchSchema = z.object({
  propertiesArray: z.catch(z.array(z.unknown()), []),
  sequenceNumberArray: z.catch(z.array(z.unknown()), []),
  enqueuedTimeUtcArray: z.catch(z.array(z.coerce.date()), []),
  partitionContext: z.catch(z.object({ partitionId: z.string() }), { partitionId: 'unknown' }),
});

type Batch = z.infer<typeof batchSchema>;

/**
 * Turns a batch of the hub's notifications into CloudEvents for the topic. One that cannot be read is logged and put
 * aside: it would fail every time, and hold up its neighbours.
 */
export async function relayTwinChanges(
  messages: unknown[],
  context: InvocationContext,
  { settings, records }: Services = processServices,
): Promise<TwinEvent[] | undefined> {
  need(settings.eventHub);
  need(settings.topic);
  const batch = batchSchema.parse(context.triggerMetadata ?? {});
  const traceparent = context.traceContext?.traceParent;
  const trace = traceparent ? { traceparent } : {};
  const bad: BadMessage[] = [];
  const events = messages.flatMap((body, index) => {
    const properties = batch.propertiesArray[index];
    try {
      return [{ ...toTwinEvent(parseHubNotification(body, properties)), ...trace }];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const { partitionId } = batch.partitionContext;
      const sequenceNumber = String(batch.sequenceNumberArray[index]);
      bad.push({ partitionId, sequenceNumber, fault: error.message, body, properties });
      return [];
    }
  });
  await putAside(bad, context, records()?.putAside);
  context.log(describeBatch(events.length, messages.length, batch));
  return events.length > 0 ? fitForTopic(events) : undefined;
}

/** Before the batch is done: were they not kept, the batch would come again. */
async function putAside(bad: BadMessage[], context: InvocationContext, store: PutAside | undefined): Promise<void> {
  for (const message of bad) {
    const { partitionId, sequenceNumber, fault } = message;
    await store?.keep(message);
    const what = store ? 'put aside' : 'skipped';
    context.error(`Notification ${what} (partition ${partitionId}, sequence number ${sequenceNumber}): ${fault}`);
  }
}

function describeBatch(events: number, messages: number, { partitionContext, enqueuedTimeUtcArray }: Batch): string {
  const partition = partitionContext.partitionId;
  const [oldest] = enqueuedTimeUtcArray;
  const lag = oldest ? { lagMs: Date.now() - oldest.getTime() } : {};
  return `relaying ${events} of ${messages} notifications | ${formatPairs({ partition, ...lag })}`;
}
