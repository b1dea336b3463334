import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoint, EventHubConsumerClient, PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import type { RetryContext } from '../core/rpc';
import type { HostFunction } from '../hostFunction';
import type { Log } from '../log';
import { readConnectionString } from '../settings';
import type { StateFile } from '../stateFile';
import { Checkpoints } from './checkpoints';
import { toTriggerData } from './eventHubData';
import { toMetadata } from './eventHubMetadata';
import type { Listener } from './listener';
import { withRetries } from './retry';

export interface EventHubOptions {
  /** `extensions.eventHubs.maxEventBatchSize` of host.json. */
  maxBatchSize: number;
  /** Whether empty texts stay in lists of them, which the app can ask for (`IncludeEmptyEntriesInMessagePayload`). */
  keepsEmpty: boolean;
  checkpoints: StateFile<Checkpoint>;
  log: Log;
}

/** `extensions.eventHubs.clientRetryOptions` of host.json, by default: exponential, from 0.8 s to a minute. */
const retryOptions = { maxRetries: 3, retryDelayInMs: 800, maxRetryDelayInMs: 60_000, mode: 0 };

const secondMs = 1000;

/** How long the client waits for events before it looks whether its connection is still there; a minute unless told. */
const maxWaitTimeInSeconds = 2;

/** How the host says why it ran a function of an Event Hub. */
const reason = '(null)';

/**
 * Reads an Event Hub for a function: partitions side by side, the batches of one in turn. After each invocation the
 * checkpoint moves on, also past a batch that failed for good, as in Azure; what is not done when the host stops comes
 * again.
 */
export class EventHubReader implements Listener {
  readonly #connectionString: string;
  readonly #stopping = new AbortController();
  #reading: Promise<() => Promise<void>> | undefined;

  /** @throws Error where the connection is not configured. */
  constructor(
    private readonly fn: HostFunction,
    private readonly options: EventHubOptions,
  ) {
    const { connection, cardinality } = fn.trigger;
    if (cardinality !== 'many') throw new Error("Event Hub triggers are served with cardinality 'many' only.");
    this.#connectionString = readConnectionString(connection);
  }

  start(): void {
    this.#reading = this.#read();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const close = await this.#reading;
    await close?.();
  }

  async #read(): Promise<() => Promise<void>> {
    // Loaded when used: apps without this trigger do not wait for it.
    const eventHubs = await import('@azure/event-hubs');
    const { eventHubName, consumerGroup = '$Default' } = this.fn.trigger;
    const { checkpoints, maxBatchSize } = this.options;
    const client = new eventHubs.EventHubConsumerClient(
      String(consumerGroup),
      this.#connectionString,
      String(eventHubName),
      new Checkpoints(checkpoints),
      { loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 2000 }, retryOptions },
    );
    await this.#reach(client);
    const subscription = client.subscribe(
      {
        processEvents: (events, partition) => this.#process(events, partition),
        // The client goes on trying by itself.
        processError: async ({ message }) => this.#tell(message),
      },
      {
        maxBatchSize,
        maxWaitTimeInSeconds,
        startPosition: eventHubs.earliestEventPosition,
        skipParsingBodyAsJson: true,
      },
    );
    return async () => {
      await subscription.close();
      await client.close();
      checkpoints.flush();
    };
  }

  /** Waits for a hub that is down. The client would, too, but half a minute between its attempts, and in silence. */
  async #reach(client: EventHubConsumerClient): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await client.getPartitionIds({ abortSignal: signal });
        return;
      } catch (error) {
        this.#tell(error instanceof Error ? error.message : String(error));
        await sleep(secondMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  #tell(fault: string): void {
    if (this.#stopping.signal.aborted) return;
    this.options.log('error', 'system', `Event Hub '${this.fn.trigger.eventHubName}': ${fault}`);
  }

  async #process(events: ReceivedEventData[], partition: PartitionContext): Promise<void> {
    const { signal } = this.#stopping;
    const last = events.at(-1);
    if (!last || signal.aborted) return;
    const bodies = events.map(({ body }) => bytesOf(body));
    const { keepsEmpty } = this.options;
    const metadata = toMetadata(events, partition, keepsEmpty);
    const data = () => toTriggerData(bodies, this.fn.trigger.dataType, keepsEmpty);
    // The same in each of its tries.
    const id = randomUUID();
    const run = (retry: RetryContext | undefined) => this.fn.invoke({ id, data, metadata, retry }, reason);
    try {
      await withRetries(run, this.fn.registered.metadata.retryOptions, signal);
    } catch {
      // Logged where it happened. A host that stops leaves the batch for its next start.
      if (signal.aborted) return;
    }
    await partition.updateCheckpoint(last);
  }
}

/** An event's body, whichever AMQP type it came in. */
function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
