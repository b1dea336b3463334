/** What kind of failure a request met, as far as a view has something of its own to say about it. */
export type FailureKind = 'key' | 'role' | 'unreachable' | 'busy' | 'changed' | 'invalid' | 'missing' | 'other';

/** A request that was not answered as asked. The message is for people, and says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details: {
      status?: number;
      title?: string;
      lines?: readonly { line: number; detail: string }[];
      retryAfterSeconds?: number;
    } = {},
  ) {
    super(message);
  }
}

export function kindOf(status: number): FailureKind {
  switch (status) {
    case 400:
    case 413:
    case 415:
      return 'invalid';
    case 401:
      return 'key';
    case 403:
      return 'role';
    case 404:
      return 'missing';
    case 412:
      return 'changed';
    case 429:
    case 503:
      return 'busy';
    default:
      return 'other';
  }
}
