import type { JsonObject } from '../service/types';
import type { Path } from './ast';
import { compilePath, type Evaluator } from './evaluate';
import { PathIndex } from './pathIndex';
import { rootsOfPaths } from './roots';
import type { Collection } from './source';

/** Paths that are indexed at a time; a path asked for beyond takes the place of the one not asked for longest. */
const maxPaths = 16;

/** Root properties that change with every sign of life: nobody asks for them by equality, and they need not be told. */
const unindexed = new Set(['lastactivitytime', 'cloudtodevicemessagecount', 'version', 'etag']);

interface Kept {
  path: Path;
  index: PathIndex;
  read: Evaluator;
}

/**
 * The indexes of one collection. A path gets one when a query first asks for it, by one walk of all entries; from then on
 * each change keeps it true. A document's `lastActivityTime` and `cloudToDeviceMessageCount` may change untold.
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
   * `undefined` for a path that gets none.
   */
  of(paths: readonly Path[], collection: Collection): (PathIndex | undefined)[] {
    const keys = paths.map(keyOf);
    const made: Kept[] = [];
    for (const [at, path] of paths.entries()) {
      const key = keys[at];
      if (key === undefined) continue;
      const known = this.#kept.get(key);
      const kept = known ?? { path, index: new PathIndex(), read: compilePath(path) };
      if (!known) made.push(kept);
      this.#kept.delete(key);
      this.#kept.set(key, kept);
    }
    this.#forget();
    const kept = new Set(this.#kept.values());
    fill(
      made.filter((each) => kept.has(each)),
      collection,
    );
    return keys.map((key) => (key === undefined ? undefined : this.#kept.get(key)?.index));
  }

  #forget(): void {
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= maxPaths) return;
      this.#kept.delete(key);
    }
  }
}

function fill(made: readonly Kept[], collection: Collection): void {
  if (made.length === 0) return;
  const roots = rootsOfPaths(made.map(({ path }) => path));
  for (const entry of collection.after(0)) {
    const document = entry.read(roots);
    for (const { index, read } of made) index.add(entry.ordinal, read(document));
  }
}

/** Tells paths that read the same value as one; `undefined` for one that gets no index. */
function keyOf({ names: [root = '', ...names] }: Path): string | undefined {
  const name = root.toLowerCase();
  if (unindexed.has(name) || names.some((each) => each.startsWith('$'))) return undefined;
  return JSON.stringify([name, ...names]);
}
