import { setTimeout as sleep } from 'node:timers/promises';
import { Poster } from '../../wire/post';
import type { SubscriptionDefinition } from '../topology';
import { keepDeadLetter } from './deadLetters';
import { passes } from './filter';
import { shakeHands } from './handshake';
import { nextAttempt } from './retrySchedule';
import { type Event, type EventSchema, type SchemaName, schemas } from './schemas';

export interface SubscriptionOptions {
  /** Base URL of the functions host. */
  functionsUrl: string;
  log: (line: string) => void;
  /** Factor on the waits between attempts; those of the service are 1. */
  retryScale: number;
  /** Where undelivered events are put aside; they are lost where it is absent. */
  deadLetterDir?: string | undefined;
}

/**
 * Deliveries that run at a time; further ones wait. The service has no such limit, as a functions app there has more
 * instances: here one host starts an invocation for each event of each delivery, and a slow machine that ran them all at
 * once would be done with none of them in time.
 */
const maxConcurrent = 16;

/** How long the service waits for the answer to a delivery. */
const answerMs = 30_000;

/** How long after a refused handshake the next one comes. */
const handshakeMs = 1000;

interface Pending {
  event: Event;
  bytes: number;
  acceptedAt: number;
  attempts: number;
}

/** Delivers a topic's events to one endpoint, which was asked before: at least once, in no promised order. */
export class Subscription {
  readonly #waiting: Pending[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopped = new AbortController();
  readonly #url: string;
  readonly #poster: Poster;
  readonly #schema: EventSchema;
  #running = 0;
  #consent: Promise<boolean> | undefined;

  /** @param topic as events of the Event Grid schema name it. */
  constructor(
    private readonly definition: SubscriptionDefinition,
    private readonly schemaName: SchemaName,
    private readonly topic: string,
    private readonly options: SubscriptionOptions,
  ) {
    const { webhook, function: name = '' } = definition;
    const path = `/runtime/webhooks/EventGrid?functionName=${encodeURIComponent(name)}`;
    this.#url = webhook ?? options.functionsUrl + path;
    this.#poster = new Poster(this.#url, answerMs);
    this.#schema = schemas[schemaName];
  }

  /** Takes an event, if the filter lets it pass. */
  take(event: Event): void {
    if (!passes(event, this.definition, this.#schema)) return;
    const bytes = Buffer.byteLength(JSON.stringify(event));
    this.#enqueue([{ event, bytes, acceptedAt: Date.now(), attempts: 0 }]);
  }

  /** Gives up what is under way; answers how many events were not delivered. */
  stop(): number {
    this.#stopped.abort();
    this.#poster.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    return this.#waiting.length + this.#running + this.#timers.size;
  }

  #enqueue(pending: Pending[]): void {
    this.#waiting.push(...pending);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#running >= maxConcurrent) return;
    this.#running++;
    this.#consent ??= this.#ask();
    if (await this.#consent) {
      for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) await this.#attempt(batch);
    }
    this.#running--;
  }

  /** @returns whether the endpoint has agreed; it is asked until it does. */
  async #ask(): Promise<boolean> {
    const { signal } = this.#stopped;
    const { topic, schemaName: schema } = this;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        await shakeHands({ url: this.#url, schema, topic, subscription: this.definition.name, signal });
        return true;
      } catch (error) {
        const wait = handshakeMs * this.options.retryScale;
        if (isFirst && !signal.aborted) {
          this.options.log(`Event Grid waits until '${this.definition.name}' agrees to take events: ${reason(error)}`);
        }
        await sleep(wait, undefined, { signal }).catch(() => {});
      }
    }
    return false;
  }

  #nextBatch(): Pending[] {
    const { maxEventsPerBatch, preferredBatchSizeInKilobytes } = this.definition;
    const batch: Pending[] = [];
    let bytes = 0;
    for (let next = this.#waiting[0]; next && !this.#stopped.signal.aborted; next = this.#waiting[0]) {
      bytes += next.bytes;
      if (batch.length === maxEventsPerBatch) break;
      if (batch.length > 0 && bytes > preferredBatchSizeInKilobytes * 1024) break;
      batch.push(next);
      this.#waiting.shift();
    }
    return batch;
  }

  async #attempt(batch: Pending[]): Promise<void> {
    const reply = await this.#post(batch);
    const status = typeof reply === 'number' ? reply : undefined;
    if ((status !== undefined && status >= 200 && status <= 204) || this.#stopped.signal.aborted) return;
    for (const pending of batch) await this.#retryLater(pending, reply, status);
  }

  async #retryLater(pending: Pending, reply: number | string, status: number | undefined): Promise<void> {
    pending.attempts++;
    const age = Date.now() - pending.acceptedAt;
    const next = nextAttempt({ number: pending.attempts, status, age }, this.definition);
    const outcome = `event ${pending.event.id} to '${this.definition.name}', attempt ${pending.attempts}: ${reply}`;
    if (typeof next === 'string') return this.#giveUp(pending, next, reply, outcome);
    const wait = next * this.options.retryScale;
    this.options.log(`Event Grid will retry ${outcome}; next in ${wait / 1000} s`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue([pending]);
    }, wait);
    this.#timers.add(timer);
  }

  async #giveUp(
    { event, attempts, acceptedAt }: Pending,
    why: Exclude<ReturnType<typeof nextAttempt>, number>,
    outcome: number | string,
    told: string,
  ): Promise<void> {
    const { deadLetterDir, log } = this.options;
    if (deadLetterDir === undefined) return log(`Event Grid gave up ${told} (${why}); no dead-letter store`);
    const letter = { event, reason: why, attempts, outcome, publishedAt: acceptedAt, lastAttemptAt: Date.now() };
    try {
      await keepDeadLetter(deadLetterDir, this.definition.name, this.schemaName, letter);
      log(`Event Grid gave up ${told} (${why}); it is in ${deadLetterDir}`);
    } catch (error) {
      log(`Event Grid gave up ${told} (${why}), and could not put it aside: ${reason(error)}`);
    }
  }

  /** The status of the reply, or in words why none came. */
  async #post(batch: Pending[]): Promise<number | string> {
    const isList = this.#schema.isAlwaysList || this.definition.maxEventsPerBatch > 1;
    const events = batch.map(({ event }) => event);
    const headers = {
      'content-type': isList ? this.#schema.batch : this.#schema.single,
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': this.definition.name.toUpperCase(),
      'aeg-delivery-count': String(batch[0]?.attempts ?? 0),
      ...(this.schemaName === 'EventGridSchema' ? { 'aeg-data-version': '1', 'aeg-metadata-version': '1' } : {}),
    };
    try {
      return await this.#poster.post(headers, JSON.stringify(isList ? events : events[0]));
    } catch (error) {
      return `no answer (${reason(error)})`;
    }
  }
}

/** What went wrong with a connection has a code; `fetch` has it in the cause of its error. */
function reason(error: unknown): string {
  const { cause, message } = error as Error;
  const { code } = (cause ?? error) as { code?: unknown };
  return typeof code === 'string' ? code : message;
}
