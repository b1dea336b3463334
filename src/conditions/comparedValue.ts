import type { Scalar } from './condition';
import { isTimePath, type PropertyPath } from './propertyPath';

/** Properties that know few values: what else is compared with them finds nothing, and is a slip. */
const knownValues: Readonly<Record<string, readonly Scalar[]>> = {
  status: ['enabled', 'disabled'],
  connectionState: ['Connected', 'Disconnected'],
  authenticationType: ['sas', 'selfSigned', 'certificateAuthority', 'none'],
  'capabilities.iotEdge': [true, false],
};

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** A moment as text: to the day, or to the second or less with its zone. */
const timePattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** Numbers between dots, as firmware has them. */
const versionPattern = /^v?\d+(\.\d+)+([-+].*)?$/i;

/**
 * The value that a query compares a property with, where a caller wrote another form of it: a time relative to now
 * (`now-1d`; `s`, `m`, `h`, `d`, `w`) or of another zone becomes the UTC text that the language compares as text.
 *
 * @returns the value, or what is wrong with it.
 */
export function comparedValue(
  path: PropertyPath,
  operator: string,
  value: Scalar,
  now: Date,
): { value: Scalar } | { fault: string } {
  const known = knownValues[path];
  if (known && !known.includes(value))
    return { fault: `is compared with ${path}, which is one of ${known.join(', ')}` };
  const isTime = isTimePath(path);
  const isOrder = operator !== '=' && operator !== '!=';
  // Of another property only this is known to be a time: text that looks like one is compared as it stands there.
  const relative = typeof value === 'string' && (isTime || isOrder) ? relativeTo(now, value) : undefined;
  const moment =
    relative ?? (isTime && typeof value === 'string' && timePattern.test(value) ? new Date(value) : undefined);
  if (moment !== undefined) {
    if (Number.isFinite(moment.getTime())) return { value: toSeconds(moment) };
    return { fault: 'is a time beyond all calendars' };
  }
  if (isTime) return { fault: 'is no time: write now-1d (s, m, h, d, w), 2026-01-31 or 2026-01-31T08:00:00Z' };
  if (isOrder && typeof value === 'string' && versionPattern.test(value) && !isComparable(value)) {
    return { fault: `is a version, which queries compare as text (9.1 comes after 10.0): ${versionAdvice}` };
  }
  return { value };
}

const versionAdvice =
  'have a tag with numbers of equal length, as 00009.00001, written (npm run fleet -- versions) and compare with that';

/** Numbers of five digits each stand in the order of their text. */
function isComparable(version: string): boolean {
  return version.split('.').every((number) => /^\d{5}$/.test(number));
}

function relativeTo(now: Date, text: string): Date | undefined {
  if (text === 'now') return now;
  const [, sign, count, unit] = /^now([+-])(\d{1,9})([smhdw])$/.exec(text) ?? [];
  if (unit === undefined) return undefined;
  const distance = Number(count) * milliseconds[unit as keyof typeof milliseconds];
  return new Date(now.getTime() + (sign === '-' ? -distance : distance));
}

/** Without a fraction: the service writes as many digits of one as it has. */
function toSeconds(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}
