let last = 0n;

/**
 * Now, as the service writes times: ISO 8601 in UTC with seven fractional digits. Each is later than the one before, so
 * that by their times changes can be put in order, also across the deletion of a device, which starts versions anew.
 */
export function serviceTime(): string {
  const now = BigInt(Date.now()) * ticksPerMs;
  last = now > last ? now : last + 1n;
  const [whole] = new Date(Number(last / ticksPerMs)).toISOString().split('Z');
  return `${whole}${String(last % ticksPerMs).padStart(4, '0')}Z`;
}

const ticksPerMs = 10_000n;

/** What the service writes where something never happened. */
export const never = '0001-01-01T00:00:00Z';
