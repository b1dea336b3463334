import { writeUnzoned } from './dates';

const minuteMs = 60_000;
const mostOffset = 14 * 60;

/** The forms of ISO 8601 that System.Text.Json reads. */
const iso =
  /^(\d{4}-\d\d-\d\d)(?:T((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,16}))?)?(?:(Z)|([+-])(\d\d)(?::([0-5]\d))?)?)?$/;

/** A .NET `DateTimeOffset`: what a clock shows somewhere, to the hundred nanoseconds, and the minutes that it is ahead. */
export interface DateTimeOffset {
  wall: string;
  /** Seven digits. */
  fraction: string;
  offset: number;
}

/** Reads one as System.Text.Json does; one without a zone is of this machine's. @throws Error where it is none. */
export function readDateTimeOffset(text: string): DateTimeOffset {
  const [, date = '', minute = '00:00', second = '00', fraction = '', utc, sign, hours, minutes = '0'] =
    iso.exec(text) ?? [];
  const wall = `${date}T${minute}:${second}`;
  const ms = Date.parse(`${wall}Z`);
  const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
  const given = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const offset = utc ? 0 : sign ? given : -new Date(wall).getTimezoneOffset();
  if (!isDay || Math.abs(offset) > mostOffset) throw new Error(`'${text}' is no date and time of ISO 8601.`);
  return { wall, fraction: fraction.slice(0, 7).padEnd(7, '0'), offset };
}

/** As System.Text.Json writes it: `Z` becomes `+00:00`, and zeros at the end go. */
export function writeDateTimeOffset({ wall, fraction, offset }: DateTimeOffset): string {
  const short = fraction.replace(/0+$/, '');
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':');
  return `${wall}${short && `.${short}`}${offset < 0 ? '-' : '+'}${zone}`;
}

/** As the models of the Azure SDK write it: in UTC, with all seven digits. */
export function writeRoundTrip({ wall, fraction, offset }: DateTimeOffset): string {
  const utc = new Date(Date.parse(`${wall}Z`) - offset * minuteMs);
  return `${utc.toISOString().slice(0, 19)}.${fraction}Z`;
}

/** A moment as System.Text.Json writes it. */
export function writeMoment(time: Date): string {
  return `${writeUnzoned(time)}+00:00`;
}
