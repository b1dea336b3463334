/** The command line is not as a command wants it: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not do all that it was asked; the message says why and what to do. */
export class FailedError extends Error {
  override readonly name = 'FailedError';
}

/** Ctrl-C. The message says what was left, and how to go on. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
