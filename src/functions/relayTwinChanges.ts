import { app, type InvocationContext, output } from '@azure/functions';
import * as z from 'zod/mini';
import { fitForTopic } from '../changes/fitForTopic';
import { parseHubNotification } from '../changes/hubNotification';
import { toTwinEvent } from '../changes/toTwinEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { formatPairs } from '../formatPairs';
import { InvalidInputError } from '../invalidInputError';
import { type Services, services } from '../services';
import { need, readBindings } from '../settings';

/** What the host tells of a batch; the lists run parallel to its messages. A message by hand comes without them. */
const batchSchema = z.object({
  propertiesArray: z.catch(z.array(z.unknown()), []),
  sequenceNumberArray: z.catch(z.array(z.unknown()), []),
  enqueuedTimeUtcArray: z.catch(z.array(z.coerce.date()), []),
  partitionContext: z.catch(z.object({ partitionId: z.string() }), { partitionId: 'unknown' }),
});

type Batch = z.infer<typeof batchSchema>;

/**
 * Turns a batch of the hub's notifications into CloudEvents for the topic. One that cannot be read is logged and left
 * out: it would fail every time, and hold up its neighbours.
 */
export function relayTwinChanges(
  messages: unknown[],
  context: InvocationContext,
  { settings }: Services,
): TwinEvent[] | undefined {
  need(settings.eventHub);
  need(settings.topic);
  const batch = batchSchema.parse(context.triggerMetadata ?? {});
  const traceparent = context.traceContext?.traceParent;
  const trace = traceparent ? { traceparent } : {};
  const events = messages.flatMap((message, index) => {
    try {
      return [{ ...toTwinEvent(parseHubNotification(message, batch.propertiesArray[index])), ...trace }];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const position = `partition ${batch.partitionContext.partitionId}, sequence number ${batch.sequenceNumberArray[index]}`;
      context.error(`Notification skipped (${position}): ${error.message}`);
      return [];
    }
  });
  context.log(describeBatch(events.length, messages.length, batch));
  return events.length > 0 ? fitForTopic(events) : undefined;
}

function describeBatch(events: number, messages: number, { partitionContext, enqueuedTimeUtcArray }: Batch): string {
  const partition = partitionContext.partitionId;
  const [oldest] = enqueuedTimeUtcArray;
  const lag = oldest ? { lagMs: Date.now() - oldest.getTime() } : {};
  return `relaying ${events} of ${messages} notifications | ${formatPairs({ partition, ...lag })}`;
}

const bindings = readBindings(process.env);

app.eventHub('relayTwinChanges', {
  connection: 'TwinChanges',
  eventHubName: bindings.eventHub,
  consumerGroup: 'relay',
  cardinality: 'many',
  // For ever: after the last retry the host would pass over the batch. Events wait in their partition meanwhile.
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { seconds: 2 },
    maximumInterval: { minutes: 1 },
  },
  return: output.eventGrid(bindings.topic),
  handler: (messages, context) => relayTwinChanges(messages as unknown[], context, services),
});
