/** What went wrong with a call to the hub. */
export type HubErrorCode =
  /** The hub refused what it was sent (400, 413). */
  | 'invalid'
  /** The hub refused the key, or the key or identity lacks a right (401). */
  | 'unauthorized'
  /** The hub refuses the app for another reason: it is suspended, or of a tier without twins (403). */
  | 'forbidden'
  /** The day's messages are used up (403). */
  | 'quotaExceeded'
  /** There is no such device (404). */
  | 'notFound'
  /** There is no such job (404, or a job of the status `unknown`). */
  | 'unknownJob'
  /** There is such a job already (409). */
  | 'jobExists'
  /** The hub works on as many jobs as it can (429): repeating the call within its deadline is of no use. */
  | 'jobsBusy'
  /** The job runs or has ended, and cannot be cancelled (405). */
  | 'jobState'
  /** The twin is not of the version that `If-Match` asks for (412). */
  | 'etagMismatch'
  /** Too many requests (429), beyond our own retries. */
  | 'throttled'
  /** The hub could not be reached, did not answer in time, or failed (408, 5xx), beyond our own retries. */
  | 'unavailable'
  /** The hub answered, but not as it documents. */
  | 'badReply';

/** A failed call to the hub. The message says what to do, and holds no key and no token. */
export class HubError extends Error {
  override readonly name = 'HubError';

  /** @param retryAfterSeconds how long the hub asked to wait, where it did. */
  constructor(
    readonly code: HubErrorCode,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** What an `etagMismatch` says. */
export const staleTwin = 'The twin has changed since; read it again, and repeat the request with its present etag.';
