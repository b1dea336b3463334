import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { hasCode } from './queues';

/** How long a message is invisible to others while it is worked on, in seconds; renewed at its half. */
export const leaseSeconds = 600;

/** Pause after a renewal that failed, in milliseconds. */
const secondTryMs = 60_000;

/** Somebody else has the message, or it is gone with or without its queue: nothing is left to do for it. */
const lost = ['PopReceiptMismatch', 'MessageNotFound', 'QueueNotFound', 'QueueBeingDeleted', 'QueueDisabled'];

/** A message that this host works on: others do not see it until it is told how that ended. */
export class HeldMessage {
  #receipt: string;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #isOver = false;

  constructor(
    private readonly queue: QueueClient,
    readonly message: DequeuedMessageItem,
    private readonly lease = leaseSeconds,
  ) {
    this.#receipt = message.popReceipt;
    this.#renewAfter(this.#renewMs);
  }

  /** It is done. */
  async delete(): Promise<void> {
    await this.#end(() => this.queue.deleteMessage(this.message.messageId, this.#receipt));
  }

  /** It comes again, after so many milliseconds. */
  async release(afterMs: number): Promise<void> {
    await this.#end(() => this.#update(Math.round(afterMs / 1000)));
  }

  /** It comes again when its lease ends. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  get #renewMs(): number {
    return (this.lease * 1000) / 2;
  }

  #renewAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew();
    }, milliseconds).unref();
  }

  async #renew(): Promise<void> {
    try {
      await this.#update(this.lease);
    } catch (error) {
      if (hasCode(error, ...lost)) return;
      if (!this.#isOver) this.#renewAfter(Math.min(secondTryMs, this.#renewMs / 2));
      return;
    }
    if (!this.#isOver) this.#renewAfter(this.#renewMs);
  }

  async #update(visibilitySeconds: number): Promise<void> {
    const { messageId } = this.message;
    const { popReceipt } = await this.queue.updateMessage(messageId, this.#receipt, undefined, visibilitySeconds);
    this.#receipt = popReceipt ?? this.#receipt;
  }

  async #end(send: () => Promise<unknown>): Promise<void> {
    if (this.#isOver) return;
    this.leave();
    // It changes the receipt, without which nothing can be sent.
    await this.#renewing;
    try {
      await send();
    } catch (error) {
      if (!hasCode(error, ...lost)) throw error;
    }
  }
}
