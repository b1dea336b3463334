import { formatDuration } from './expectedTime';
import { columnsOf } from './terminal';

const drawEveryMs = 100;
const barWidth = 24;

/** A bar on a terminal that shows how far long work is; nothing where the stream is none. */
export class Progress {
  readonly #startedAt = performance.now();
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param begun what was done before: it does not count for the rate. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly total: number,
    private readonly begun = 0,
  ) {}

  show(done: number, note = ''): void {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.#drawnAt < drawEveryMs) return;
    this.#drawnAt = now;
    const share = this.total > 0 ? Math.min(1, done / this.total) : 0;
    const full = Math.round(share * barWidth);
    const rate = (done - this.begun) / ((now - this.#startedAt) / 1000);
    const left = rate > 0 ? `, ${formatDuration(Math.max(0, this.total - done) / rate)} left` : '';
    const bar = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
    const line = `${bar} ${Math.floor(share * 100)} % ${done} of ${this.total}${left}${note && ` | ${note}`}`;
    this.stream.write(`\r\x1b[2K${line.slice(0, columnsOf(this.stream) - 1)}`);
  }

  /** Takes the bar away, so that what is said next has a line of its own. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}
