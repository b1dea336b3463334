/** Why a tag job is not there, or cannot be done. */
export type TagJobErrorCode = 'unknown-job' | 'unknown-change' | 'job-state' | 'not-undoable' | 'idempotency-conflict';

/** A request about a tag job that its state, or another request, forbids. The message says what to do. */
export class TagJobError extends Error {
  override readonly name = 'TagJobError';

  constructor(
    readonly code: TagJobErrorCode,
    message: string,
    /** When to ask again, where that helps. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}
