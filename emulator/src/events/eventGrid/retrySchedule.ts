const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits between attempts (Azure Event Grid, "Message delivery and retry"); the last one repeats. */
const waits = [
  10 * second,
  30 * second,
  minute,
  5 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
];

/** Replies of a function after which the service does not try again. */
const neverAgain: ReadonlySet<number> = new Set([400, 403, 413]);

/** Shortest waits after some replies. */
const least: Readonly<Record<number, number>> = { 401: 5 * minute, 404: 5 * minute, 408: 2 * minute, 503: 30 * second };

/** What a subscription allows. */
export interface RetryPolicy {
  maxDeliveryAttempts: number;
  eventTimeToLiveInMinutes: number;
}

/** How an attempt ended; no status where there was no reply. */
export interface Attempt {
  /** From 1. */
  number: number;
  status: number | undefined;
  /** Milliseconds since the event was accepted. */
  age: number;
}

/**
 * How long to wait before the next attempt, in milliseconds, or why there is none. The service adds jitter, and may skip
 * steps; this emulator does neither.
 */
export function nextAttempt({ number, status, age }: Attempt, policy: RetryPolicy): number | DeadLetterReason {
  if (status !== undefined && neverAgain.has(status)) return 'UndeliverableDueToHttpStatus';
  if (number >= policy.maxDeliveryAttempts) return 'MaxDeliveryAttemptsExceeded';
  const wait = Math.max(waits[Math.min(number, waits.length) - 1] ?? 0, least[status ?? 0] ?? 0);
  return age + wait > policy.eventTimeToLiveInMinutes * minute ? 'TimeToLiveExceeded' : wait;
}

export type DeadLetterReason = 'MaxDeliveryAttemptsExceeded' | 'TimeToLiveExceeded' | 'UndeliverableDueToHttpStatus';
