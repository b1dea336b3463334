const ticksPerMs = 10_000;

/** The latest time that was given: milliseconds of the epoch, what they are in text, and ticks of 100 ns on top. */
const last = { ms: 0, text: '', ticks: 0 };

/**
 * Now, as the service writes times: ISO 8601 in UTC with seven fractional digits. Each is later than the one before, so
 * that by their times changes can be put in order, also across the deletion of a device, which starts versions anew.
 */
export function serviceTime(): string {
  const now = Date.now();
  if (now > last.ms) startAt(now);
  else if (++last.ticks === ticksPerMs) startAt(last.ms + 1);
  return `${last.text}${String(last.ticks).padStart(4, '0')}Z`;
}

function startAt(ms: number): void {
  Object.assign(last, { ms, text: new Date(ms).toISOString().slice(0, -1), ticks: 0 });
}

/** What the service writes where something never happened. */
export const never = '0001-01-01T00:00:00Z';
