import type { Store } from '../store/store';
import type { Subscription } from './connection';

const none: readonly Subscription[] = [];

/**
 * The subscriptions of sessions that are not clean: they last from one connection to the next, and where the hub keeps
 * its data they outlive the process. A client that connects again relies on it: the Node device SDK does not subscribe
 * again.
 */
export class Sessions {
  readonly #kept = new Map<string, readonly Subscription[]>();

  constructor(
    private readonly store: Store | undefined,
    private readonly log: (line: string) => void,
  ) {
    for (const [id, text] of store?.all('session') ?? []) this.#kept.set(id, JSON.parse(text));
  }

  /** Begins a session, or goes on with the one that is kept; a clean one ends what was kept. */
  begin(id: string, clean: boolean): { subscriptions: readonly Subscription[]; present: boolean } {
    const kept = this.#kept.get(id);
    if (clean) this.end(id);
    // A session without subscriptions is one too; it is not worth a write.
    else if (!kept) this.#kept.set(id, none);
    return clean || !kept ? { subscriptions: none, present: false } : { subscriptions: kept, present: true };
  }

  /** Keeps what a session that is not clean subscribes to; resolves when that is durable. */
  async change(id: string, subscriptions: readonly Subscription[]): Promise<void> {
    this.#kept.set(id, subscriptions);
    await this.store?.put('session', id, JSON.stringify(subscriptions));
  }

  /** Forgets a session. A change after it waits for it, because the store writes in order. */
  end(id: string): void {
    const kept = this.#kept.get(id);
    if (!this.#kept.delete(id) || kept === none) return;
    this.store?.delete('session', id).catch((error: unknown) => this.log(`MQTT: a session was not removed: ${error}`));
  }
}
