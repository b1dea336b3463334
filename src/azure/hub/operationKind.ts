/** The hub throttles each kind of operation by a quota of its own. */
export type OperationKind = 'query' | 'twinRead' | 'twinWrite' | 'registry' | 'job';

/** Who waits for a call: somebody, or a run over many devices. */
export type Priority = 'interactive' | 'bulk';

/** How a call to the hub is made. */
export interface CallOptions {
  /** `interactive` unless told otherwise. */
  priority?: Priority | undefined;
  /** Ends the call when the caller goes. Requests of `@azure/functions` tell of no such thing: theirs end by the deadline. */
  signal?: AbortSignal | undefined;
}
