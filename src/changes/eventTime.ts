const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i;

/**
 * Reads a time in any spelling of RFC 3339 and brings it to one form, in UTC with seven digits of a second, as text:
 * `2026-11-28T21:32:16.882-05:00` is `2026-11-29T02:32:16.8820000Z`. So times compare as text, to 100 ns.
 *
 * On their way through the Functions host times change their spelling (`Z` becomes `+00:00` or a local offset, zeros at
 * the end go), but never the instant.
 *
 * @returns undefined where the text is no such time, or its instant lies outside the years 0000 to 9999.
 */
export function toUtc(text: string): string | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [fraction = '', sign = '+', offsetHour = '0', offsetMinute = '0'] = match.slice(7);
  // A Date for the whole seconds alone: it knows no fraction below a millisecond.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isOnCalendar = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  // Second 60 is a leap second.
  if (!isOnCalendar || hour > 23 || minute > 59 || second > 60) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offset = Number(`${sign}1`) * (Number(offsetHour) * 60 + Number(offsetMinute));
  date.setUTCHours(hour, minute - offset, second);
  const whole = date.toISOString().slice(0, -5);
  return whole.length === 19 ? `${whole}.${fraction.padEnd(7, '0').slice(0, 7)}Z` : undefined;
}
