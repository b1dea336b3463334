/** What keeps a function supplied: a timer, the reader of an Event Hub. */
export interface Listener {
  start(): void;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}
