import { createHash } from 'node:crypto';
import type { Value } from './evaluate';

/**
 * Where a group stands among the others: by the type of its value, then by the value. It stays the same when groups come
 * and go, so that the next page begins where the last one ended.
 */
export type GroupKey = readonly [rank: number, value: number | string];

/** A continuation token holds a key: what is longer is cut, and told apart by its hash. */
const maxKeyLength = 256;

function groupKey(value: Value): GroupKey {
  if (value === null) return [0, 0];
  switch (typeof value) {
    case 'boolean':
      return [1, Number(value)];
    case 'number':
      return [2, value];
    case 'string':
      return [3, shortened(value)];
    case 'object':
      return [4, shortened(JSON.stringify(value))];
    case 'undefined':
      return [5, 0];
  }
}

export function isGroupKey(value: unknown): value is GroupKey {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return Number.isSafeInteger(value[0]) && (typeof value[1] === 'number' || typeof value[1] === 'string');
}

/** Below 0 where the first comes before the second. */
export function compareKeys([rank, value]: GroupKey, [otherRank, other]: GroupKey): number {
  if (rank !== otherRank) return rank - otherRank;
  return value < other ? -1 : value > other ? 1 : 0;
}

/** Something for each value. Objects and arrays are one value where their JSON is the same. */
export class Groups<T> {
  readonly #byKey = new Map<string, [GroupKey, T]>();

  constructor(private readonly start: () => T) {}

  of(value: Value): T {
    const key = groupKey(value);
    const id = `${key[0]} ${key[1]}`;
    const known = this.#byKey.get(id);
    if (known) return known[1];
    const started = this.start();
    this.#byKey.set(id, [key, started]);
    return started;
  }

  inOrder(): [GroupKey, T][] {
    return [...this.#byKey.values()].sort(([one], [other]) => compareKeys(one, other));
  }
}

function shortened(text: string): string {
  if (text.length <= maxKeyLength) return text;
  return text.slice(0, maxKeyLength) + createHash('sha256').update(text).digest('base64url');
}
