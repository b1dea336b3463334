import {
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventPosition,
  earliestEventPosition,
  type ReceivedEventData,
  type SendBatchOptions,
} from '@azure/event-hubs';

/** What to read of an Event Hub. */
export interface Reading {
  connectionString: string;
  eventHub: string;
  /** How many events to wait for. */
  count: number;
  partitionId?: string;
  consumerGroup?: string;
  from?: EventPosition;
}

/** Clients here give up at once: an error is what a test is after. */
export const withoutRetries = { retryOptions: { maxRetries: 0 } };

/** Reads events of one partition, from the earliest on unless told otherwise; rejects with the first error. */
export async function readEvents({ count, from = earliestEventPosition, ...where }: Reading) {
  const { connectionString, eventHub, partitionId = '0', consumerGroup = '$Default' } = where;
  const consumer = new EventHubConsumerClient(consumerGroup, connectionString, eventHub, withoutRetries);
  try {
    return await new Promise<ReceivedEventData[]>((resolve, reject) => {
      const events: ReceivedEventData[] = [];
      const handlers = {
        processEvents: async (batch: ReceivedEventData[]) => {
          events.push(...batch);
          if (events.length >= count) resolve(events);
        },
        processError: async (error: Error) => reject(error),
      };
      consumer.subscribe(partitionId, handlers, { startPosition: from, maxBatchSize: 500, maxWaitTimeInSeconds: 1 });
    });
  } finally {
    await consumer.close();
  }
}

/** Where to send. */
export type Destination = Pick<Reading, 'connectionString' | 'eventHub'>;

/** Lends out a producer, and closes it. */
export async function withProducer<T>(
  { connectionString, eventHub }: Destination,
  use: (producer: EventHubProducerClient) => Promise<T>,
): Promise<T> {
  const producer = new EventHubProducerClient(connectionString, eventHub, withoutRetries);
  try {
    return await use(producer);
  } finally {
    await producer.close();
  }
}

/** Sends one batch of events. */
export function send(to: Destination, bodies: unknown[], options: SendBatchOptions = {}): Promise<void> {
  const events = bodies.map((body) => ({ body }));
  return withProducer(to, (producer) => producer.sendBatch(events, options));
}
