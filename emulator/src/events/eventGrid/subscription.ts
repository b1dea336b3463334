import type { SubscriptionDefinition } from '../topology';
import type { CloudEvent } from './publish';
import { nextAttempt } from './retrySchedule';

export interface SubscriptionOptions {
  /** Base URL of the functions host. */
  functionsUrl: string;
  log: (line: string) => void;
  /** Factor on the waits between attempts; those of the service are 1. */
  retryScale: number;
}

/** Deliveries that run at a time; further ones wait. */
const maxConcurrent = 64;

/** How long the service waits for the answer to a delivery. */
const answerMs = 30_000;

interface Pending {
  event: CloudEvent;
  acceptedAt: number;
  attempts: number;
}

/** Delivers a topic's events to one function: at least once, in no promised order. */
export class Subscription {
  readonly #waiting: Pending[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopped = new AbortController();
  readonly #url: string;
  #running = 0;

  constructor(
    private readonly definition: SubscriptionDefinition,
    private readonly options: SubscriptionOptions,
  ) {
    const name = encodeURIComponent(definition.function);
    this.#url = `${options.functionsUrl}/runtime/webhooks/EventGrid?functionName=${name}`;
  }

  /** Takes an event, if the filter lets it pass. */
  take(event: CloudEvent): void {
    const { includedEventTypes } = this.definition;
    if (includedEventTypes && !includedEventTypes.includes(event.type)) return;
    this.#enqueue({ event, acceptedAt: Date.now(), attempts: 0 });
  }

  /** Gives up what is under way; answers how many events were not delivered. */
  stop(): number {
    this.#stopped.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    return this.#waiting.length + this.#running + this.#timers.size;
  }

  #enqueue(pending: Pending): void {
    this.#waiting.push(pending);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#running >= maxConcurrent) return;
    this.#running++;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#stopped.signal.aborted) break;
      await this.#attempt(next);
    }
    this.#running--;
  }

  async #attempt(pending: Pending): Promise<void> {
    const reply = await this.#post(pending);
    const status = typeof reply === 'number' ? reply : undefined;
    pending.attempts++;
    if ((status !== undefined && status >= 200 && status <= 204) || this.#stopped.signal.aborted) return;
    const age = Date.now() - pending.acceptedAt;
    const next = nextAttempt({ number: pending.attempts, status, age }, this.definition);
    const { name } = this.definition;
    const outcome = `event ${pending.event.id} to '${name}', attempt ${pending.attempts}: ${reply}`;
    if (typeof next === 'string')
      return this.options.log(`Event Grid gave up ${outcome} (${next}); no dead-letter store`);
    const wait = next * this.options.retryScale;
    this.options.log(`Event Grid will retry ${outcome}; next in ${wait / 1000} s`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(pending);
    }, wait);
    this.#timers.add(timer);
  }

  /** The status of the reply, or in words why none came. */
  async #post({ event, attempts }: Pending): Promise<number | string> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'aeg-event-type': 'Notification',
          'aeg-subscription-name': this.definition.name.toUpperCase(),
          'aeg-delivery-count': String(attempts),
        },
        body: JSON.stringify(event),
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(answerMs)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      return `no answer (${reason(error)})`;
    }
  }
}

/** `fetch` tells what went wrong with a connection by the code of its error's cause. */
function reason(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  return String(cause?.code ?? error);
}
