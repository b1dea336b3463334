import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../backoff';
import type { Duration, RetryContext, RetryOptions } from '../core/rpc';

/**
 * Runs again what fails, as a function's retry policy says. The count is of this process: it starts over with the host.
 *
 * @throws the last failure; an AbortError when the signal ends a wait.
 */
export async function withRetries(
  run: (retry: RetryContext | undefined) => Promise<unknown>,
  policy: RetryOptions | undefined,
  signal: AbortSignal,
): Promise<void> {
  let retry: RetryContext | undefined;
  const next = delays(policy);
  for (let count = 0; ; count++) {
    try {
      await run(retry);
      return;
    } catch (error) {
      if (!policy || (policy.maxRetryCount !== -1 && count >= policy.maxRetryCount)) throw error;
      await sleep(next(), undefined, { signal });
      const exception = { message: error instanceof Error ? error.message : String(error) };
      retry = { retryCount: count + 1, maxRetryCount: policy.maxRetryCount, exception };
    }
  }
}

/** Milliseconds before the next retry. */
function delays(policy: RetryOptions | undefined): () => number {
  if (policy?.retryStrategy !== 'exponentialBackoff') return () => milliseconds(policy?.delayInterval);
  const backoff = new Backoff(milliseconds(policy.minimumInterval), milliseconds(policy.maximumInterval));
  return () => backoff.next();
}

function milliseconds({ seconds = 0 }: Duration = {}): number {
  return seconds * 1000;
}
