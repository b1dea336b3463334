const minuteMs = 60_000;

/** First and last moment of a .NET `DateTime`, in milliseconds. */
const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** What `DateTimeParser` of Newtonsoft.Json takes; after the fraction, what is no zone may still be two digits. */
const iso =
  /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{7}|\d{1,6}(?!\d)))?(?:([Zz])|([+-])(\d\d)(?::(\d\d)?|(\d\d))?|:(?:\d\d)?|\d\d)?$/;
const microsoft = /^\/Date\((-?\d+)([+-]\d\d.*)?\)\/$/;

/**
 * A string that Newtonsoft.Json takes for a date, as it writes that date again; undefined where it takes it for none. The
 * date is no instant but a `DateTime`: one in UTC stays so, one without a zone has none, one with an offset comes in the
 * zone of this machine.
 *
 * @throws RangeError where it is one that a `DateTime` cannot hold.
 */
export function rewriteDate(text: string): string | undefined {
  if (text.startsWith('/Date(')) return rewriteMicrosoftDate(text);
  if (text.length < 19 || text.length > 40 || text[10] !== 'T') return undefined;
  const [, date = '', time = '', fraction = '', utc, sign, hours = '0', minutes, attached] = iso.exec(text) ?? [];
  const ms = Date.parse(`${date}T${time}Z`);
  // What is no day, like 30 February, may be read as another one.
  if (Number.isNaN(ms) || !new Date(Date.parse(date)).toISOString().startsWith(date) || date < '0001') return undefined;
  const ticks = fraction.padEnd(7, '0');
  if (time.startsWith('24') && Number(ticks) > 0) return undefined;
  if (ms > lastMs) throw new RangeError(`${text} is no date that .NET has.`);
  if (!sign) return `${wall(ms, ticks)}${utc ? 'Z' : ''}`;
  const offset = (Number(hours) * 60 + Number(minutes ?? attached ?? 0)) * minuteMs;
  return inLocalZone(ms + (sign === '-' ? offset : -offset), ticks);
}

/** A moment in UTC as Newtonsoft.Json writes it. */
export function writeUtc(time: Date): string {
  return `${writeUnzoned(time)}Z`;
}

/** The same where its kind is not known, as `DateTimeOffset.DateTime` leaves it: without a zone. */
export function writeUnzoned(time: Date): string {
  return wall(time.getTime(), `${String(time.getUTCMilliseconds()).padStart(3, '0')}0000`);
}

function rewriteMicrosoftDate(text: string): string | undefined {
  const [, since, offset] = microsoft.exec(text) ?? [];
  const ms = Number(since);
  if (since === undefined) return undefined;
  if (!(ms >= firstMs && ms <= lastMs)) throw new RangeError(`${text} is no date that .NET has.`);
  const ticks = `${new Date(ms).toISOString().slice(-4, -1)}0000`;
  return offset ? inLocalZone(ms, ticks) : `${wall(ms, ticks)}Z`;
}

function inLocalZone(ms: number, ticks: string): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = ms + offset * minuteMs;
  const zone = `${offset < 0 ? '-' : '+'}${twoDigits(Math.trunc(offset / 60))}:${twoDigits(offset % 60)}`;
  if (local > lastMs) return `9999-12-31T23:59:59.9999999${zone}`;
  return (local < firstMs ? wall(firstMs, '') : wall(local, ticks)) + zone;
}

function twoDigits(value: number): string {
  return String(Math.abs(value)).padStart(2, '0');
}

/** Date and time of a clock; a fraction without the zeros at its end. */
function wall(ms: number, ticks: string): string {
  const fraction = ticks.replace(/0+$/, '');
  return new Date(ms).toISOString().slice(0, 19) + (fraction && `.${fraction}`);
}
