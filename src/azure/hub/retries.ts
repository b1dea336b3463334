import { HubError } from './hubError';

/** Most repetitions where the hub is down; where it throttles, only the deadline ends them. */
const maxRetries = 4;

/** The back-off in milliseconds: its first step and its longest. The pace of all calls of a kind comes on top. */
const backOff = {
  throttled: { first: 500, longest: 10_000 },
  unavailable: { first: 250, longest: 60_000 },
};

/** How long to wait before a failed call is repeated, with full jitter; undefined where that would be of no use. */
export function delayBefore(error: unknown, retry: number): number | undefined {
  if (!(error instanceof HubError)) return undefined;
  const { code, retryAfterSeconds } = error;
  if (code !== 'throttled' && code !== 'unavailable') return undefined;
  if (code === 'unavailable' && retry >= maxRetries) return undefined;
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000;
  const { first, longest } = backOff[code];
  return Math.random() * Math.min(longest, first * 2 ** retry);
}
