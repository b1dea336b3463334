import type { QueueRules } from './deviceQueue';
import type { CloudToDeviceOptions } from './options';

/** How a hub treats messages to devices, and what it tells their senders. */
export interface MessageRules extends QueueRules {
  /** How long a message is kept that says nothing of it, in milliseconds. */
  ttlMs: number;
  /** How long what became of messages is gathered, in milliseconds, before a service hears of it. */
  feedbackMs: number;
}

/** @throws Error where one of them is no number that it may be. */
export function messageRules(options: CloudToDeviceOptions = {}): MessageRules {
  const { ttlSeconds = 3600, lockSeconds = 60, maxDeliveryCount = 10, feedbackSeconds = 15 } = options;
  const bad = Object.entries({ ttlSeconds, lockSeconds, maxDeliveryCount, feedbackSeconds }).find(
    ([name, value]) => !Number.isFinite(value) || value < 0 || (name === 'maxDeliveryCount' && value < 1),
  );
  if (bad) throw new Error(`cloudToDevice.${bad[0]} must be a number above 0, not ${bad[1]}.`);
  return {
    ttlMs: ttlSeconds * 1000,
    lockMs: lockSeconds * 1000,
    maxDeliveryCount,
    feedbackMs: feedbackSeconds * 1000,
  };
}
