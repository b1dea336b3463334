import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { splitId } from '../hub/identity';
import type { Clock } from '../limits/clock';
import type { Store } from '../store/store';
import type { Ack } from './cloudMessage';
import type { Settled } from './deviceQueue';
import type { MessageRules } from './rules';

/** What became of one message, as a sender reads it. */
export interface FeedbackRecord {
  originalMessageId: string;
  enqueuedTimeUtc: string;
  statusCode: Settled['outcome'];
  description: string;
  deviceId: string;
  deviceGenerationId: string;
}

/** A batch as a service is given it. */
export interface FeedbackBatch {
  lockToken: string;
  records: FeedbackRecord[];
  enqueuedAt: number;
}

interface Kept {
  key: string;
  record: FeedbackRecord;
  at: number;
  deliveryCount: number;
}

/** Most records of a batch. */
const maxBatch = 64;

/** How long feedback is kept, how long a service has for a batch, and how often it is given one: as a new hub has it. */
const [ttlMs, lockMs, maxDeliveryCount] = [3_600_000, 60_000, 10];

/** Whether a sender wants to hear of an outcome. */
const wanted: Readonly<Record<Ack, (isSuccess: boolean) => boolean>> = {
  none: () => false,
  positive: (isSuccess) => isSuccess,
  negative: (isSuccess) => !isSuccess,
  full: () => true,
};

/**
 * What became of messages to devices, for services that listen. It goes out in batches: 64 records, or what there is
 * where the last batch is long enough ago.
 */
export class Feedback {
  /** Tells doors that a service can receive. */
  readonly available = new EventEmitter<{ available: [] }>().setMaxListeners(0);
  #waiting: Kept[] = [];
  readonly #locked = new Map<string, { kept: Kept[]; until: number }>();
  #lastBatchAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: { rules: MessageRules; clock: Clock; store: Store | undefined }) {
    const kept = [...(options.store?.all('feedback') ?? [])].map(([key, text]): Kept => ({ key, ...JSON.parse(text) }));
    this.#waiting = kept.sort((one, other) => one.at - other.at);
  }

  /** Notes what became of a message, where its sender asked for that; resolves when it is durable. */
  async tell(id: string, deviceGenerationId: string, { message, outcome }: Settled): Promise<void> {
    if (!wanted[message.ack ?? 'none'](outcome === 'Success')) return;
    const at = Math.floor(this.options.clock.now());
    const record: FeedbackRecord = {
      originalMessageId: message.messageId ?? '',
      enqueuedTimeUtc: new Date(at).toISOString(),
      statusCode: outcome,
      description: outcome,
      deviceId: splitId(id).deviceId,
      deviceGenerationId,
    };
    const kept = { key: randomUUID(), record, at, deliveryCount: 0 };
    this.#waiting.push(kept);
    const written = this.options.store?.put('feedback', kept.key, JSON.stringify({ record, at, deliveryCount: 0 }));
    this.sweep(at);
    await written;
  }

  /** Gives a service the next batch; undefined where there is none yet. */
  receive(): FeedbackBatch | undefined {
    const now = Math.floor(this.options.clock.now());
    if (!this.#isDue(now)) return undefined;
    const kept = this.#waiting.splice(0, maxBatch).map((each) => ({ ...each, deliveryCount: each.deliveryCount + 1 }));
    this.#lastBatchAt = now;
    const lockToken = randomUUID();
    this.#locked.set(lockToken, { kept, until: now + lockMs });
    return { lockToken, records: kept.map(({ record }) => record), enqueuedAt: now };
  }

  /** The service has the batch, or does not want it. A batch whose lock is over stays as it is. */
  async complete(lockToken: string): Promise<void> {
    const { kept = [] } = this.#locked.get(lockToken) ?? {};
    this.#locked.delete(lockToken);
    await this.#forget(kept);
  }

  /** The service gives the batch back. */
  abandon(lockToken: string): void {
    const { kept = [] } = this.#locked.get(lockToken) ?? {};
    this.#locked.delete(lockToken);
    this.#putBack(kept);
    this.#lastBatchAt = Number.NEGATIVE_INFINITY;
    this.sweep(this.options.clock.now());
  }

  /** Puts back what was locked too long, forgets what is too old, and tells doors of a batch that is due. */
  sweep(now: number): void {
    for (const [lockToken, { kept, until }] of this.#locked) {
      if (until > now) continue;
      this.#locked.delete(lockToken);
      this.#putBack(kept);
    }
    const old = this.#waiting.filter(({ at }) => at + ttlMs <= now);
    if (old.length > 0) {
      this.#waiting = this.#waiting.filter(({ at }) => at + ttlMs > now);
      void this.#forget(old).catch(() => {});
    }
    if (this.#isDue(now)) this.available.emit('available');
  }

  #isDue(now: number): boolean {
    if (this.#waiting.length === 0) return false;
    return this.#waiting.length >= maxBatch || now - this.#lastBatchAt >= this.options.rules.feedbackMs;
  }

  #putBack(kept: readonly Kept[]): void {
    const spent = kept.filter(({ deliveryCount }) => deliveryCount >= maxDeliveryCount);
    void this.#forget(spent).catch(() => {});
    const left = kept.filter((each) => !spent.includes(each));
    this.#waiting = [...left, ...this.#waiting].sort((one, other) => one.at - other.at);
  }

  async #forget(kept: readonly Kept[]): Promise<void> {
    await Promise.all(kept.map(({ key }) => this.options.store?.delete('feedback', key)));
  }
}
