const minuteMs = 60_000;

/** Milliseconds of a .NET time span, `[d.]hh:mm[:ss[.f]]`; its hours end at 23, so that `24:00:00` are 24 days. */
export function parseTimeSpan(text: string): number | undefined {
  const form = /^(?:(\d+)\.)?(\d+):(\d{2})(?::(\d{2}(?:\.\d{1,7})?))?$/;
  const [, days = '0', hours, minutes, seconds = '0'] = form.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const [first, second, third] =
    Number(hours) > 23
      ? [Number(hours) * 24, Number(minutes), Number(seconds)]
      : [Number(days) * 24 + Number(hours), Number(minutes), Number(seconds)];
  return Math.round((first * 60 + second) * minuteMs + third * 1000);
}
