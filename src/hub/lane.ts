import type { Clock } from './clock';
import type { Priority } from './operationKind';
import type { Pace } from './pace';

/** After so many interactive calls in a row, one that is not goes first. */
const mostInARow = 4;

/** A call that waits for its turn. */
interface Waiting {
  priority: Priority;
  start(turn: Turn): void;
}

/** The right to send one request. */
export interface Turn {
  sentAt: number;
  /** Gives the place to the next call. */
  end(): void;
}

/**
 * The calls of one kind: at most so many at a time, no faster than the hub bears, interactive ones first. Those of bulk
 * runs always leave places for others, and are never passed over for ever.
 */
export class Lane {
  private readonly waiting: Record<Priority, Set<Waiting>[]> = {
    // What is repeated has waited longest, so it comes before what is new.
    interactive: [new Set(), new Set()],
    bulk: [new Set(), new Set()],
  };
  private readonly running: Record<Priority, number> = { interactive: 0, bulk: 0 };
  private inARow = 0;
  private callOff: (() => void) | undefined;

  constructor(
    readonly pace: Pace,
    /** Most calls at a time. */
    private readonly places: number,
    private readonly clock: Clock,
  ) {}

  /** Waits for a turn. Rejects with the reason of the signal when that aborts before. */
  turn(priority: Priority, repeated: boolean, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const queue = this.waiting[priority][repeated ? 0 : 1];
      const leave = () => {
        queue?.delete(call);
        if (!this.next()) this.callOff?.();
        reject(signal.reason);
      };
      const call: Waiting = {
        priority,
        start: (turn) => {
          queue?.delete(call);
          signal.removeEventListener('abort', leave);
          resolve(turn);
        },
      };
      queue?.add(call);
      signal.addEventListener('abort', leave, { once: true });
      this.startDue();
    });
  }

  /** Starts every call whose turn has come. */
  private startDue(): void {
    for (let call = this.next(); call; call = this.next()) {
      const now = this.clock.now();
      if (this.pace.earliest > now) {
        this.wakeAt(this.pace.earliest - now);
        return;
      }
      this.start(call, now);
    }
  }

  private next(): Waiting | undefined {
    if (this.running.interactive + this.running.bulk >= this.places) return undefined;
    const mostBulk = Math.ceil(this.places * 0.75);
    const bulk = this.running.bulk < mostBulk ? this.first('bulk') : undefined;
    const interactive = this.first('interactive');
    return bulk && (!interactive || this.inARow >= mostInARow) ? bulk : interactive;
  }

  private first(priority: Priority): Waiting | undefined {
    for (const queue of this.waiting[priority]) for (const call of queue) return call;
    return undefined;
  }

  private start(call: Waiting, now: number): void {
    const { priority } = call;
    this.pace.sent(now);
    this.inARow = priority === 'interactive' ? this.inARow + 1 : 0;
    this.running[priority]++;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.running[priority]--;
      this.startDue();
    };
    call.start({ sentAt: now, end });
  }

  private wakeAt(milliseconds: number): void {
    this.callOff?.();
    this.callOff = this.clock.after(milliseconds, () => this.startDue());
  }
}
