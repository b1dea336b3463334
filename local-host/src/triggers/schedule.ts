import { Cron } from 'croner';
import { parseTimeSpan } from '../timeSpan';

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

/** Whether it fires more often than once a minute: the host does not monitor such timers. */
export function isFrequent(schedule: Schedule, from = new Date()): boolean {
  const first = schedule.after(from);
  return schedule.after(first).getTime() - first.getTime() < minuteMs;
}
