const numbers = new Intl.NumberFormat('en');
const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

export const formatNumber = (value: number): string => numbers.format(value);
export const formatShare = (part: number, whole: number): string => (whole > 0 ? percents.format(part / whole) : '–');

/** `1 device`, `2,000 devices`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** A span of time in its largest unit, as `3 min`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  if (whole < 90 * 60) return `${Math.round(whole / 60)} min`;
  if (whole < 36 * 3600) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

/** How long ago something was; a clock that is a little ahead makes nothing lie in the future. */
export function formatAge(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  return seconds < 15 ? 'just now' : `${formatSpan(seconds)} ago`;
}

/** What an event did, for its type. */
export function describeType(type: string): string {
  const name = type.replace(/^DeviceTwins\./, '');
  return (
    { TwinChanged: 'changed', DeviceCreated: 'created', DeviceDeleted: 'deleted', DeviceMoved: 'moved' }[name] ?? name
  );
}
