import { ApiError } from '../api/apiError';
import { ask } from '../api/client';
import { type FeedChange, feed } from '../api/schemas';
import { fastestMs, nextPause } from './pace';

/** What of the feed is followed; the app filters. */
export type Filter = Readonly<Record<'device' | 'location' | 'path' | 'type', string | undefined>>;

export type Following = 'following' | 'paused' | 'idle';

/** What a follower has to show. */
export interface Picture {
  state: Following;
  /** Newest first. */
  changes: readonly FeedChange[];
  /** Of all that came, those that are no longer kept too. */
  count: number;
  pauseMs: number;
  answeredAt: number | undefined;
  error: ApiError | undefined;
}

const pageSize = 1000;
const mostKept = 500;
/** Ten repaints a second at most. */
const repaintMs = 100;
const idleAfterMs = 15 * 60_000;

/**
 * Follows the feed by a cursor that never skips: from where it stands now, on after each pause. Nobody who looks elsewhere
 * pays for it: a tab that is hidden asks nothing, and one that nobody has touched for a quarter of an hour pauses.
 */
export class Follower {
  #cursor = 'now';
  #filter: Filter;
  #state: Following = 'following';
  #changes: FeedChange[] = [];
  #count = 0;
  #pauseMs = fastestMs;
  #answeredAt: number | undefined;
  #error: ApiError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paintTimer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;
  #touchedAt = Date.now();

  constructor(
    filter: Filter,
    private readonly paint: (picture: Picture) => void,
  ) {
    this.#filter = filter;
    document.addEventListener('visibilitychange', this.#look);
    for (const input of ['pointerdown', 'keydown', 'wheel']) addEventListener(input, this.#touch, { passive: true });
    this.#askNow();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#look);
    for (const input of ['pointerdown', 'keydown', 'wheel']) removeEventListener(input, this.#touch);
    clearTimeout(this.#paintTimer);
    this.#rest();
  }

  /** What has come meanwhile comes with the first answer: the cursor stays. */
  resume(): void {
    this.#state = 'following';
    this.#touchedAt = Date.now();
    this.#pauseMs = fastestMs;
    this.#askNow();
    this.#paintSoon();
  }

  pause(): void {
    this.#state = 'paused';
    this.#rest();
    this.#paintSoon();
  }

  /** Begins with an empty list; what came before the change of mind is not asked for again. */
  follow(filter: Filter): void {
    this.#filter = filter;
    this.clear();
    if (this.#state === 'following') this.#askNow();
  }

  clear(): void {
    this.#changes = [];
    this.#count = 0;
    this.#paintSoon();
  }

  readonly #touch = (): void => {
    this.#touchedAt = Date.now();
  };

  readonly #look = (): void => {
    if (document.hidden) this.#rest();
    else if (this.#state === 'following') this.#askNow();
  };

  #rest(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  #askNow(): void {
    this.#rest();
    if (document.hidden) return;
    if (Date.now() - this.#touchedAt > idleAfterMs) {
      this.#state = 'idle';
      this.#paintSoon();
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    this.#ask(asking.signal).then(
      (isMore) => {
        if (!asking.signal.aborted) this.#timer = setTimeout(() => this.#askNow(), isMore ? repaintMs : this.#pauseMs);
      },
      (thrown: unknown) => {
        if (asking.signal.aborted) return;
        this.#error = thrown instanceof ApiError ? thrown : new ApiError('other', `This page failed: ${thrown}`);
        this.#pauseMs = nextPause(this.#pauseMs, false);
        this.#timer = setTimeout(() => this.#askNow(), this.#pauseMs);
        this.#paintSoon();
      },
    );
  }

  /** @returns whether there is more to read at once. */
  async #ask(signal: AbortSignal): Promise<boolean> {
    const query = { ...this.#filter, after: this.#cursor, limit: pageSize };
    const { value } = await ask(feed, 'changes', { query, signal });
    if (signal.aborted) return false;
    const [isFirst, hasMoved] = [this.#cursor === 'now', this.#cursor !== value.next];
    this.#cursor = value.next;
    // The same change may be told twice.
    const known = new Set(this.#changes.map(({ id }) => id));
    const fresh = value.changes.filter(({ id }) => !known.has(id) && known.add(id));
    this.#changes = [...fresh.toReversed(), ...this.#changes].slice(0, mostKept);
    this.#count += fresh.length;
    this.#pauseMs = isFirst ? fastestMs : nextPause(this.#pauseMs, hasMoved);
    this.#answeredAt = Date.now();
    this.#error = undefined;
    this.#paintSoon();
    return value.changes.length === pageSize;
  }

  #paintSoon(): void {
    this.#paintTimer ??= setTimeout(() => {
      this.#paintTimer = undefined;
      this.paint({
        state: this.#state,
        changes: this.#changes,
        count: this.#count,
        pauseMs: this.#pauseMs,
        answeredAt: this.#answeredAt,
        error: this.#error,
      });
    }, repaintMs);
  }
}
