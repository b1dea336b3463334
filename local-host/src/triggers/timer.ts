import { randomUUID } from 'node:crypto';
import type { RetryContext } from '../core/rpc';
import type { HostFunction } from '../hostFunction';
import type { Log } from '../log';
import type { StateFile } from '../stateFile';
import type { Listener } from './listener';
import { withRetries } from './retry';
import { isFrequent, parseSchedule, type Schedule } from './schedule';

/** When a timer fired last and fires next, as ISO 8601. */
export interface TimerStatus {
  Last: string;
  Next: string;
  LastUpdated: string;
}

/** Longest wait of a timer, in milliseconds; longer ones are waited for in steps. */
const maxWaitMs = 2 ** 31 - 1;

/** A timer function on its schedule: never twice at once, at start where it asks for it or is past due. */
export class Timer implements Listener {
  readonly #schedule: Schedule;
  readonly #monitored: boolean;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  /** @throws Error where the schedule is not valid. */
  constructor(
    private readonly fn: HostFunction,
    private readonly kept: StateFile<TimerStatus>,
    private readonly log: Log,
  ) {
    this.#schedule = parseSchedule(String(fn.trigger.schedule));
    this.#monitored = fn.trigger.useMonitor !== false && !isFrequent(this.#schedule);
  }

  start(): void {
    const due = this.#status?.Next;
    const isPastDue = due !== undefined && Date.parse(due) < Date.now();
    const next = this.#schedule.after(new Date());
    this.log('information', 'system', this.#occurrences(next).join('\n'));
    if (isPastDue || this.fn.trigger.runOnStartup === true) this.#fire(isPastDue);
    else this.#wait(next);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #occurrences(first: Date): string[] {
    const times = [first];
    while (times.length < 5) times.push(this.#schedule.after(times.at(-1) ?? first));
    const schedule = `'${this.fn.name}' schedule (${this.fn.trigger.schedule})`;
    return [`The next 5 occurrences of the ${schedule} will be:`, ...times.map((time) => time.toISOString())];
  }

  get #status(): TimerStatus | undefined {
    return this.#monitored ? this.kept.get(this.fn.name) : undefined;
  }

  #wait(until: Date): void {
    if (this.#stopping.signal.aborted) return;
    const left = Math.max(0, until.getTime() - Date.now());
    const tooFar = left > maxWaitMs;
    this.#timer = setTimeout(() => (tooFar ? this.#wait(until) : this.#fire(false)), Math.min(left, maxWaitMs));
  }

  #fire(isPastDue: boolean): void {
    const time = new Date();
    const input = { id: randomUUID(), data: timerData(this.#status ?? null, isPastDue) };
    const reason = `Timer fired at ${time.toISOString()}`;
    const run = (retry: RetryContext | undefined) => this.fn.invoke({ ...input, retry }, reason);
    this.#running = withRetries(run, this.fn.registered.metadata.retryOptions, this.#stopping.signal)
      // A failure is logged where it happens; the next run is due all the same.
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        const next = this.#schedule.after(new Date());
        const [Last, Next] = [time.toISOString(), next.toISOString()];
        if (this.#monitored) this.kept.set(this.fn.name, { Last, Next, LastUpdated: Last });
        this.#wait(next);
      });
  }
}

/** What the function gets, in the letters of .NET. */
export function timerData(status: TimerStatus | null, isPastDue: boolean) {
  const value = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
  return { json: JSON.stringify(value) };
}
