import type { Clock } from './clock';
import type { Priority } from './operationKind';
import type { Pace } from './pace';

/** After so many interactive calls in a row, one that is not goes first. */
const mostInARow = 4;

/** Who asks for a turn, and until when it is of use. */
export interface Asking {
  priority: Priority;
  /** It had a turn before. */
  repeated: boolean;
  /** By the clock. */
  end: number;
  signal: AbortSignal;
}

/** A call that waits for its turn. */
interface Waiting extends Asking {
  start(turn: Turn): void;
  refuse(): void;
}

/** The right to send one request. */
export interface Turn {
  sentAt: number;
  /** Gives the place to the next call. */
  end(): void;
}

/**
 * The calls of one kind: at most so many at a time, no faster than the hub bears, interactive ones first. Those of bulk
 * runs leave places for others, and are never passed over for ever.
 */
export class Lane {
  readonly #waiting: Record<Priority, Record<'again' | 'first', Set<Waiting>>> = {
    interactive: { again: new Set(), first: new Set() },
    bulk: { again: new Set(), first: new Set() },
  };
  readonly #running: Record<Priority, number> = { interactive: 0, bulk: 0 };
  #inARow = 0;
  #callOff: (() => void) | undefined;

  constructor(
    readonly pace: Pace,
    /** Most calls of bulk runs at a time. A quarter as many are left for interactive ones. */
    private readonly places: number,
    private readonly clock: Clock,
  ) {}

  /**
   * Waits for a turn. Undefined where there is no use in one any more: the hub is not likely to answer in time, and
   * would work for nothing. Rejects with the reason of the signal when that aborts before.
   */
  turn(asking: Asking): Promise<Turn | undefined> {
    const { priority, repeated, signal } = asking;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const queue = this.#waiting[priority][repeated ? 'again' : 'first'];
      const leave = () => {
        queue.delete(call);
        if (!this.#next()) this.#callOff?.();
        reject(signal.reason);
      };
      const settle = (turn: Turn | undefined) => {
        queue.delete(call);
        signal.removeEventListener('abort', leave);
        resolve(turn);
      };
      const call: Waiting = { ...asking, start: settle, refuse: () => settle(undefined) };
      queue.add(call);
      this.#startDue();
      if (queue.has(call)) signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Starts every call whose turn has come. */
  #startDue(): void {
    for (let call = this.#next(); call; call = this.#next()) {
      const now = this.clock.now();
      const due = Math.max(this.pace.earliest, now);
      // Where none is running, one goes all the same: it shows how long answers take now.
      if (due >= call.end || (this.#count > 0 && due + this.pace.expectedDelay > call.end)) call.refuse();
      else if (due <= now) this.#start(call, now);
      else {
        this.#wakeAt(due - now);
        return;
      }
    }
  }

  get #count(): number {
    return this.#running.interactive + this.#running.bulk;
  }

  #next(): Waiting | undefined {
    if (this.#count >= this.places * 1.25) return undefined;
    const bulk = this.#running.bulk < this.places ? this.#first('bulk') : undefined;
    const interactive = this.#first('interactive');
    return bulk && (!interactive || this.#inARow >= mostInARow) ? bulk : interactive;
  }

  #first(priority: Priority): Waiting | undefined {
    const { again, first } = this.#waiting[priority];
    // What is repeated has waited longest, so it comes before what is new.
    for (const queue of [again, first]) for (const call of queue) return call;
    return undefined;
  }

  #start(call: Waiting, now: number): void {
    const { priority } = call;
    this.pace.sent(now);
    this.#inARow = priority === 'interactive' ? this.#inARow + 1 : 0;
    this.#running[priority]++;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#running[priority]--;
      this.#startDue();
    };
    call.start({ sentAt: now, end });
  }

  #wakeAt(milliseconds: number): void {
    this.#callOff?.();
    this.#callOff = this.clock.after(milliseconds, () => this.#startDue());
  }
}
