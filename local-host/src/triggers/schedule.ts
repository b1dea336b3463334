import { Cron } from 'croner';

/** When a timer fires next. */
export interface Schedule {
  after(time: Date): Date;
}

const minuteMs = 60_000;

/**
 * Reads a schedule: NCRONTAB of six fields (or five: at second 0), in which day and weekday must both fit; or a time
 * span `hh:mm:ss` or `d.hh:mm:ss` between runs.
 *
 * @throws Error in the words of the real host where it is neither.
 */
export function parseSchedule(text: string): Schedule {
  const interval = parseTimeSpan(text);
  if (interval !== undefined) return { after: (time) => new Date(time.getTime() + interval) };
  try {
    const cron = new Cron(text.split(/\s+/).length === 5 ? `0 ${text}` : text, {
      mode: '6-part',
      domAndDow: true,
      paused: true,
    });
    return {
      after(time) {
        const next = cron.nextRun(time);
        if (!next) throw new Error(`The schedule '${text}' never comes.`);
        return next;
      },
    };
  } catch {
    throw new Error(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  }
}

/** Milliseconds of a .NET time span; its hours end at 23, so that `24:00:00` are 24 days. */
function parseTimeSpan(text: string): number | undefined {
  const [, days = '0', hours, minutes, seconds = '0'] = /^(?:(\d+)\.)?(\d+):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const [first, second, third] =
    Number(hours) > 23
      ? [Number(hours) * 24, Number(minutes), Number(seconds)]
      : [Number(days) * 24 + Number(hours), Number(minutes), Number(seconds)];
  return (first * 60 + second) * minuteMs + third * 1000;
}

/** Whether it fires more often than once a minute: the host does not monitor such timers. */
export function isFrequent(schedule: Schedule, from = new Date()): boolean {
  const first = schedule.after(from);
  return schedule.after(first).getTime() - first.getTime() < minuteMs;
}
