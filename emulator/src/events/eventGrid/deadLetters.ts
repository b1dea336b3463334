import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetterReason } from './retrySchedule';
import type { Event, SchemaName } from './schemas';

/** An event that will not be delivered, and how that came. */
export interface DeadLetter {
  event: Event;
  reason: DeadLetterReason;
  attempts: number;
  /** Of the last attempt: a status, or in words why none came. */
  outcome: number | string;
  /** Milliseconds since the epoch. */
  publishedAt: number;
  lastAttemptAt: number;
}

/**
 * Writes an undelivered event as the service does into its container: a list in
 * `SUBSCRIPTION/yyyy/M/d/H/<guid>.json`, the event with why it was given up (Azure Event Grid, "Dead letter and retry
 * policies"). CloudEvents spell the added names in lower case.
 */
export async function keepDeadLetter(folder: string, subscription: string, schema: SchemaName, letter: DeadLetter) {
  const now = new Date();
  const hour = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate(), now.getUTCHours()].map(String);
  const path = join(folder, subscription.toUpperCase(), ...hour);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const added = Object.entries({
    deadLetterReason: letter.reason,
    deliveryAttempts: letter.attempts,
    lastDeliveryOutcome: typeof letter.outcome === 'number' ? outcomeOf(letter.outcome) : 'TimedOut',
    publishTime: new Date(letter.publishedAt).toISOString(),
    lastDeliveryAttemptTime: new Date(letter.lastAttemptAt).toISOString(),
    ...(typeof letter.outcome === 'number' ? { lastHttpStatusCode: letter.outcome } : {}),
  });
  const spelled = schema === 'EventGridSchema' ? added : added.map(([name, value]) => [name.toLowerCase(), value]);
  await writeFile(
    join(path, `${randomUUID()}.json`),
    JSON.stringify([{ ...letter.event, ...Object.fromEntries(spelled) }]),
    { mode: 0o600 },
  );
}

/** The words of the service for what an endpoint answered. */
function outcomeOf(status: number): string {
  const words: Readonly<Record<number, string>> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    408: 'TimedOut',
    413: 'PayloadTooLarge',
    503: 'Busy',
  };
  return words[status] ?? 'GenericError';
}
