import type { JsonObject } from '../service/types';
import type { Path } from './ast';
import { compilePath, type Evaluator } from './evaluate';
import { PathIndex } from './pathIndex';
import { rootsOfPaths } from './roots';
import { type Sliced, stride } from './slices';
import type { Collection } from './source';

/** Paths that are indexed at a time; a path asked for beyond takes the place of the one not asked for longest. */
const maxPaths = 16;

/** Root properties that change with every sign of life: nobody asks for them by equality, and they need not be told. */
const unindexed = new Set(['lastactivitytime', 'cloudtodevicemessagecount', 'version', 'etag']);

interface Kept {
  path: Path;
  index: PathIndex;
  read: Evaluator;
  /** The ordinal that its walk has come to: all have taken part where it is infinite. */
  reached: number;
  /** Whether it gave its place to another, and so is told of changes no more. */
  forgotten: boolean;
}

/**
 * The indexes of one collection. A path gets one when a query first asks for it, by one walk of all entries; each change
 * keeps it true, on either side of where the walk is. A document's `lastActivityTime` and `cloudToDeviceMessageCount` may
 * change untold.
 */
export class Indexes {
  /** The path unused for longest comes first. */
  readonly #kept = new Map<string, Kept>();

  /**
   * Tells of a document that came, changed or went: what it was, unless it came, and what it is, unless it went. They are
   * read only where there are indexes, before this returns.
   */
  changed(ordinal: number, before: (() => JsonObject) | undefined, after: (() => JsonObject) | undefined): void {
    if (this.#kept.size === 0) return;
    const was = before?.();
    const is = after?.();
    for (const { index, read } of this.#kept.values()) {
      const old = was && read(was);
      const current = is && read(is);
      if (old === current && (old === null || typeof old !== 'object')) continue;
      index.delete(ordinal, old);
      index.add(ordinal, current);
    }
  }

  /**
   * The indexes of some paths, those that are missing made in one walk of the collection that this belongs to;
   * `undefined` for a path that gets none, or lost it to others meanwhile.
   */
  *of(paths: readonly Path[], collection: Collection): Sliced<(PathIndex | undefined)[]> {
    const asked = paths.map((path) => this.#take(path));
    this.#forget();
    const behind = asked.flatMap((kept) => (kept && !kept.forgotten && kept.reached < Infinity ? kept : []));
    if (behind.length > 0) yield* walkOn(behind, collection);
    return asked.map((kept) => (kept?.forgotten ? undefined : kept?.index));
  }

  /** Notes that a path is asked for. */
  #take(path: Path): Kept | undefined {
    const key = keyOf(path);
    if (key === undefined) return undefined;
    const known = this.#kept.get(key);
    const kept = known ?? { path, index: new PathIndex(), read: compilePath(path), reached: 0, forgotten: false };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #forget(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#kept.size <= maxPaths) return;
      this.#kept.delete(key);
      kept.forgotten = true;
    }
  }
}

/** Goes on with the walk of indexes that are not made yet. Others who ask for them walk too: each goes on where all are. */
function* walkOn(behind: readonly Kept[], collection: Collection): Sliced<void> {
  const roots = rootsOfPaths(behind.map(({ path }) => path));
  let passed = 0;
  for (const entry of collection.after(Math.min(...behind.map(({ reached }) => reached)))) {
    let document: JsonObject | undefined;
    for (const kept of behind) {
      if (entry.ordinal <= kept.reached) continue;
      document ??= entry.read(roots);
      kept.index.add(entry.ordinal, kept.read(document));
      kept.reached = entry.ordinal;
    }
    if (++passed % stride === 0) yield undefined;
  }
  for (const kept of behind) kept.reached = Infinity;
}

/** Tells paths that read the same value as one; `undefined` for one that gets no index. */
function keyOf({ names: [root = '', ...names] }: Path): string | undefined {
  const name = root.toLowerCase();
  if (unindexed.has(name) || names.some((each) => each.startsWith('$'))) return undefined;
  return JSON.stringify([name, ...names]);
}
