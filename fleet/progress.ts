import { formatDuration } from './expectedTime';
import { columnsOf } from './terminal';

const drawEveryMs = 100;
/** How often a line tells of the progress where there is no terminal; what is done before needs none. */
const tellEveryMs = 10_000;
const barWidth = 24;

/** Shows how far long work is: a bar on a terminal, elsewhere a line now and then. */
export class Progress {
  readonly #startedAt = performance.now();
  #shownAt: number;

  /** @param begun what was done before: it does not count for the rate. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly total: number,
    private readonly begun = 0,
  ) {
    this.#shownAt = stream.isTTY ? Number.NEGATIVE_INFINITY : this.#startedAt;
  }

  show(done: number, note = ''): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.stream.isTTY ? drawEveryMs : tellEveryMs)) return;
    this.#shownAt = now;
    const share = this.total > 0 ? Math.min(1, done / this.total) : 0;
    const rate = (done - this.begun) / ((now - this.#startedAt) / 1000);
    const left = rate > 0 ? `, ${formatDuration(Math.max(0, this.total - done) / rate)} left` : '';
    const line = `${Math.floor(share * 100)} % ${done} of ${this.total}${left}${note && ` | ${note}`}`;
    if (this.stream.isTTY) this.#draw(line, Math.round(share * barWidth));
    else this.stream.write(`${line}\n`);
  }

  /** Takes the bar away, so that what is said next has a line of its own. */
  clear(): void {
    if (!this.stream.isTTY) return;
    this.stream.write('\r\x1b[2K');
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  #draw(line: string, full: number): void {
    const bar = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
    this.stream.write(`\r\x1b[2K${`${bar} ${line}`.slice(0, columnsOf(this.stream) - 1)}`);
  }
}
