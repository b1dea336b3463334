/** What a door gives to those who dial. */
export interface LobbyLimits {
  /** How many may be there at once. */
  capacity: number;
  /** How long each may stay, in milliseconds. */
  patienceMs: number;
}

/** How long a connection has to sign in, and for its TLS handshake, in milliseconds. Clients take a fraction of it. */
export const patienceMs = 30_000;

const usual: LobbyLimits = { capacity: 1000, patienceMs };

/**
 * The connections of a door that have not signed in. Where there are too many, the oldest must go: refusing the newest
 * would let a thousand silent ones keep out who means it.
 */
export class Lobby<T> {
  readonly #since = new Map<T, number>();

  constructor(
    private readonly end: (connection: T, reason: Error) => void,
    private readonly limits = usual,
  ) {}

  has(connection: T): boolean {
    return this.#since.has(connection);
  }

  enter(connection: T): void {
    this.#since.set(connection, Date.now());
    const [oldest] = this.#since.keys();
    if (oldest !== undefined && this.#since.size > this.limits.capacity) {
      this.#show(oldest, `more than ${this.limits.capacity} connections have not signed in`);
    }
  }

  /** It signed in, or is gone. */
  leave(connection: T): void {
    this.#since.delete(connection);
  }

  /** Ends those whose time is over; asked for now and then, it costs less than a timer each. */
  sweep(now = Date.now()): void {
    for (const [connection, since] of this.#since) {
      if (now - since <= this.limits.patienceMs) break;
      this.#show(connection, `it has not signed in within ${this.limits.patienceMs / 1000} s`);
    }
  }

  #show(connection: T, reason: string): void {
    this.leave(connection);
    this.end(connection, new Error(reason));
  }
}
