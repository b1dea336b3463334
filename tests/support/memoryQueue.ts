/** A message that was received and is out of sight until it is deleted. */
export interface ReceivedMessage {
  messageId: string;
  message: unknown;
}

interface Kept extends ReceivedMessage {
  visibleAt: number;
}

/** Received and not deleted, a message stays out of sight: no test waits for its return. */
const held = Number.POSITIVE_INFINITY;

/** A queue in this process, for tests of rules: what goes back with a delay is waited for without waiting. */
export class MemoryQueue {
  #kept: Kept[] = [];
  #sent = 0;

  async send(message: unknown, delaySeconds = 0): Promise<void> {
    const text = JSON.stringify(message);
    const visibleAt = Date.now() + delaySeconds * 1000;
    this.#kept.push({ messageId: String(++this.#sent), message: JSON.parse(text), visibleAt });
  }

  receive(): ReceivedMessage | undefined {
    const found = this.#kept.find(({ visibleAt }) => visibleAt <= Date.now());
    if (found) found.visibleAt = held;
    return found;
  }

  delete({ messageId }: ReceivedMessage): void {
    this.#kept = this.#kept.filter((each) => each.messageId !== messageId);
  }

  clear(): void {
    this.#kept = [];
  }

  /** Messages, those out of sight too. */
  get count(): number {
    return this.#kept.length;
  }

  /** Lets the time pass until the next message comes into sight; whether there is one. */
  skipDelay(): boolean {
    const next = Math.min(...this.#kept.map(({ visibleAt }) => visibleAt));
    for (const each of this.#kept) if (each.visibleAt === next && next !== held) each.visibleAt = 0;
    return next !== held;
  }
}
