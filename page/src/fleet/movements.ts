import { ApiError } from '../api/apiError';
import { ask } from '../api/client';
import { type FeedChange, feed } from '../api/schemas';
import { startOfDay } from './cursors';
import { keepCursor, kept } from './keptCursors';

/** Who came to a place or went from it. */
export interface Movements {
  /** Newest first. */
  moves: FeedChange[];
  /** Asks for what comes after; undefined where all was read. */
  next: string | undefined;
}

const dayMs = 24 * 3_600_000;
const pageSize = 1000;
/** So many requests one reading takes at most; the reader may ask for more. */
const mostPages = 10;

/**
 * Reads from the feed who moved since yesterday, or goes on with it. A cursor knows no time: where no earlier visit has kept
 * one, the reading begins with the oldest row.
 */
export async function readMovements(after: string | undefined, signal: AbortSignal): Promise<Movements> {
  const since = Date.now() - dayMs;
  const moves = new Map<string, FeedChange>();
  let cursor = after ?? startOfDay(kept(), since);
  for (let page = 0; page < mostPages; page++) {
    const { changes, next } = await readPage(cursor, signal);
    for (const change of changes) if (Date.parse(change.time) >= since) moves.set(change.id, change);
    // A page may be empty before the end: what was read there was of another type.
    const isEnd = next === cursor;
    cursor = next;
    if (!isEnd) continue;
    keepCursor(next);
    return { moves: [...moves.values()].reverse(), next: undefined };
  }
  return { moves: [...moves.values()].reverse(), next: cursor };
}

async function readPage(after: string | undefined, signal: AbortSignal) {
  const query = { type: 'DeviceTwins.DeviceMoved', limit: pageSize };
  try {
    return (await ask(feed, 'changes', { query: { ...query, after }, signal })).value;
  } catch (error) {
    // What the cursor leads to was dropped for its age.
    if (!(error instanceof ApiError) || error.details.status !== 410) throw error;
    return (await ask(feed, 'changes', { query, signal })).value;
  }
}

/** How many devices each place gained and lost. */
export interface Tally {
  location: string;
  joined: number;
  left: number;
}

export function tallyOf(moves: readonly FeedChange[]): Tally[] {
  const tallies = new Map<string, Tally>();
  const of = (location: string) => {
    const tally = tallies.get(location) ?? { location, joined: 0, left: 0 };
    tallies.set(location, tally);
    return tally;
  };
  for (const { from, to } of moves) {
    if (from?.location === to?.location) continue;
    if (from) of(from.location).left++;
    if (to) of(to.location).joined++;
  }
  return [...tallies.values()].sort((a, b) => b.joined + b.left - a.joined - a.left);
}
