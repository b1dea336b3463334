/** What keeps a function supplied: a timer, the reader of an Event Hub or of a queue. */
export interface Listener {
  start(): void;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
  /** Gives up what still runs when the host's patience is over. */
  abandon?(): Promise<void>;
}
