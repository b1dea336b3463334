/** Where the feed stood at a time. */
export interface KeptCursor {
  at: number;
  cursor: string;
}

const apartMs = 3_600_000;
const mostKept = 48;

/** The last of them that lies before a time: from there nothing since is missed. */
export function startOfDay(cursors: readonly KeptCursor[], since: number): string | undefined {
  return cursors.findLast(({ at }) => at <= since)?.cursor;
}

/** Adds where the feed stands now, an hour apart at most. */
export function withCursor(cursors: readonly KeptCursor[], cursor: string, now: number): KeptCursor[] {
  const last = cursors.at(-1);
  if (last && now - last.at < apartMs) return [...cursors];
  return [...cursors, { at: now, cursor }].slice(-mostKept);
}
