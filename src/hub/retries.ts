import { setTimeout as sleep } from 'node:timers/promises';
import { HubError } from './hubError';

const maxRetries = 4;

/** First step of the back-off, in milliseconds. The hub throttles by the minute, and recovers slower than a connection. */
const firstDelay = { throttled: 10_000, unavailable: 250 };
const longestDelay = 60_000;

/**
 * Repeats `attempt` after transient failures, with exponential back-off and full jitter, until it succeeds or fails
 * for good. One deadline covers all attempts: when it passes, the running one is aborted. A wait that would not end
 * before the deadline is not begun.
 *
 * Only for what is safe to repeat.
 *
 * @throws HubError of the last attempt, or `unavailable` when the deadline passes.
 */
export async function withRetries<T>(
  attempt: (signal: AbortSignal, retry: number) => Promise<T>,
  deadlineMs: number,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  const deadline = new AbortController();
  const late = new HubError('unavailable', `The hub did not answer within ${deadlineMs / 1000} s.`);
  const timer = setTimeout(() => deadline.abort(late), deadlineMs);
  try {
    for (let retry = 0; ; retry++) {
      try {
        return await attempt(deadline.signal, retry);
      } catch (error) {
        const delay = error instanceof HubError && retry < maxRetries ? delayBefore(error, retry) : undefined;
        // The timer may fire a little before its time by the clock: the signal has the last word.
        if (delay === undefined || deadline.signal.aborted || performance.now() + delay >= end) throw error;
        await sleep(delay);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function delayBefore({ code, retryAfterSeconds }: HubError, retry: number): number | undefined {
  if (code !== 'throttled' && code !== 'unavailable') return undefined;
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000;
  return Math.random() * Math.min(longestDelay, firstDelay[code] * 2 ** retry);
}
