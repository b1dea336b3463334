import { setTimeout as sleep } from 'node:timers/promises';
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
  for (let count = 0; ; count++) {
    try {
      await run(retry);
      return;
    } catch (error) {
      if (!policy || (policy.maxRetryCount !== -1 && count >= policy.maxRetryCount)) throw error;
      await sleep(delay(policy, count), undefined, { signal });
      const exception = { message: error instanceof Error ? error.message : String(error) };
      retry = { retryCount: count + 1, maxRetryCount: policy.maxRetryCount, exception };
    }
  }
}

/** Milliseconds before the retry after `count` others. */
function delay(
  { retryStrategy, delayInterval, minimumInterval, maximumInterval }: RetryOptions,
  count: number,
): number {
  if (retryStrategy === 'fixedDelay') return milliseconds(delayInterval);
  return Math.min(milliseconds(maximumInterval), milliseconds(minimumInterval) * 2 ** count);
}

function milliseconds({ seconds = 0 }: Duration = {}): number {
  return seconds * 1000;
}
