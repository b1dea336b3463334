const ticksPerMs = 10_000;

/** Milliseconds of the epoch at which {@link performance} was at 0, by the clock of the machine. */
let origin = performance.timeOrigin;

/** The latest time that was given: milliseconds of the epoch, what they are in text, and ticks of 100 ns on top. */
const last = { ms: 0, text: '', ticks: 0 };

/** Ticks of 100 ns from the year 1, where .NET begins to count, to the epoch. */
const ticksBeforeEpoch = 621_355_968_000_000_000n;

/**
 * Now, as the service writes times into its messages: ISO 8601 in UTC with seven fractional digits. Each is later than the
 * one before, so that by their times changes can be put in order, also across the deletion of a device, which starts
 * versions anew.
 */
export function exactTime(): string {
  step();
  return `${last.text}${String(last.ticks).padStart(4, '0')}Z`;
}

/** The same as the service writes it into its documents: without the zeros at the end. */
export function serviceTime(): string {
  const time = exactTime();
  return last.ticks % 10 === 0 ? time.replace(/\.?0+Z$/, 'Z') : time;
}

/** The same as .NET counts it: ticks of 100 ns since the year 1. */
export function serviceTicks(): string {
  step();
  return String(ticksBeforeEpoch + BigInt(last.ms) * BigInt(ticksPerMs) + BigInt(last.ticks));
}

function step(): void {
  const { ms, ticks } = now();
  if (ms > last.ms) startAt(ms, ticks);
  else if (ms === last.ms && ticks > last.ticks) last.ticks = ticks;
  else if (++last.ticks === ticksPerMs) startAt(last.ms + 1, 0);
}

/** The machine's clock tells milliseconds; what is below them comes from the one that counts since the start. */
function now(): { ms: number; ticks: number } {
  const clock = Date.now();
  const elapsed = performance.now();
  // They part where the machine's clock is set.
  if (Math.abs(origin + elapsed - clock) > 2) origin = clock - elapsed;
  const whole = Math.floor(origin);
  // Kept apart: a double has no room for ticks of the epoch.
  const ticks = Math.floor((origin - whole + elapsed) * ticksPerMs);
  return { ms: whole + Math.floor(ticks / ticksPerMs), ticks: ticks % ticksPerMs };
}

function startAt(ms: number, ticks: number): void {
  Object.assign(last, { ms, text: new Date(ms).toISOString().slice(0, -1), ticks });
}

/** What the service writes where something never happened. */
export const never = '0001-01-01T00:00:00Z';

/** Now, as tracking ids have it: `MM/dd/yyyy HH:mm:ss`, in UTC. */
export function trackingTime(): string {
  const [year, month, day, time] = new Date().toISOString().split(/[-T.]/);
  return `${month}/${day}/${year} ${time}`;
}

/** Milliseconds since the epoch, with the seven fractional digits of .NET's format "o": it reads no other by that. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000Z');
}
