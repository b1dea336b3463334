import type { JsonObject } from '../service/types';
import type { Path } from './ast';
import type { PathIndex } from './pathIndex';
import type { Roots } from './roots';
import type { Sliced } from './slices';

/** A document and where it stands. What keeps it may be this itself: a query looks at nothing else. */
export interface Entry {
  /** A whole number above 0, which no other entry of the collection has or ever had. */
  readonly ordinal: number;
  /**
   * The document as it is now, unpacked for this call; the query does not change it.
   *
   * @param roots the members that the caller looks at; others may be missing. All of them where absent.
   */
  read(roots?: Roots): JsonObject;
}

/** Documents in the order of their ordinals; `Ordered<Entry>` has what is asked for here. */
export interface Collection {
  readonly size: number;
  get(ordinal: number): Entry | undefined;
  /** The entries with greater ordinals, without walking those before them. */
  after(ordinal: number): Iterable<Entry>;
  /** The ordinals of the entries that have a `deviceId`; without it they are looked for like any other path's. */
  ofDevice?(deviceId: string): Iterable<number>;
  /** Indexes of paths, told of every change by who keeps the documents. Without them each query walks all. */
  readonly indexes?: { of(paths: readonly Path[], collection: Collection): Sliced<(PathIndex | undefined)[]> };
}

/** What queries are asked of: `devices`, `devices.modules` and `devices.jobs`. */
export interface QuerySource {
  readonly twins: Collection;
  readonly modules?: Collection;
  readonly jobs?: Collection;
}
