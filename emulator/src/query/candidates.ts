import { Ordered } from './ordered';
import { type Sliced, stride, type Walk } from './slices';

/** Ordinals of the entries that a condition may hold for, in order, known without reading one. */
export interface Candidates {
  /** How many there are; more where they are `uncounted`. */
  readonly size: number;
  /** Whether only going through them tells how many there are. */
  readonly uncounted?: boolean;
  has(ordinal: number): boolean;
  after(ordinal: number): Walk<number>;
}

export const nobody: Candidates = new Ordered<number>();

/** How many there are, exactly. */
export function* count(candidates: Candidates): Sliced<number> {
  if (!candidates.uncounted) return candidates.size;
  let found = 0;
  for (const each of candidates.after(0)) {
    if (each !== undefined) found++;
    if (each === undefined || found % stride === 0) yield undefined;
  }
  return found;
}

/** Those that all have: the shortest is walked, the others are only asked. */
export function intersection(parts: readonly Candidates[]): Candidates {
  const [shortest = nobody, ...others] = [...parts].sort((one, other) => one.size - other.size);
  if (others.length === 0) return shortest;
  return {
    size: shortest.size,
    uncounted: true,
    has: (ordinal) => parts.every((part) => part.has(ordinal)),
    *after(ordinal) {
      let passed = 0;
      for (const each of shortest.after(ordinal)) {
        if (each !== undefined && others.every((other) => other.has(each))) yield each;
        if (each === undefined || ++passed % stride === 0) yield undefined;
      }
    },
  };
}

/** Those that any has, each once. Where none is in two of the parts, their sizes tell how many there are. */
export function union(parts: readonly Candidates[], { disjoint = false } = {}): Candidates {
  const [one = nobody, other, ...more] = parts.filter(({ size }) => size > 0);
  if (!other) return one;
  // Halves, so that of a thousand alternatives each ordinal goes through ten merges and not a thousand.
  const all = [one, other, ...more];
  const middle = all.length >>> 1;
  const left = union(all.slice(0, middle), { disjoint });
  const right = union(all.slice(middle), { disjoint });
  return {
    size: left.size + right.size,
    uncounted: !disjoint || left.uncounted === true || right.uncounted === true,
    has: (ordinal) => left.has(ordinal) || right.has(ordinal),
    after: (ordinal) => merge(left.after(ordinal), right.after(ordinal)),
  };
}

function* merge(left: Walk<number>, right: Walk<number>): Walk<number> {
  const lefts = left[Symbol.iterator]();
  const rights = right[Symbol.iterator]();
  let one = lefts.next();
  let other = rights.next();
  while (!one.done || !other.done) {
    const first = one.done ? Infinity : one.value;
    const second = other.done ? Infinity : other.value;
    if (first === undefined || second === undefined) {
      yield undefined;
      if (first === undefined) one = lefts.next();
      if (second === undefined) other = rights.next();
      continue;
    }
    yield Math.min(first, second);
    if (first <= second) one = lefts.next();
    if (second <= first) other = rights.next();
  }
}
