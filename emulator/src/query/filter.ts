import type { JsonObject } from '../service/types';
import type { Expression } from './ast';
import { count } from './candidates';
import { compile } from './evaluate';
import { compileLookup, find } from './lookup';
import { type Roots, rootsOf } from './roots';
import { type Sliced, stride, type Walk } from './slices';
import type { Collection, Entry } from './source';

/** A document and where it stands. */
export interface Match {
  position: number;
  value: JsonObject;
}

/** What a condition lets through. */
export interface Filter {
  /** The matching documents after an ordinal. Indexes only narrow down which are read; the condition decides. */
  matching(collection: Collection, after: number): Walk<Match>;
  /** How many match, where that is known without reading any. */
  count(collection: Collection): Sliced<number | undefined>;
}

/**
 * @param roots the members of a match that are looked at; all of them where absent.
 * @throws QueryError for a function that the language does not have.
 */
export function compileFilter(where: Expression | undefined, roots?: Roots): Filter {
  const keeps = where ? compileCheck(where) : () => true;
  const lookup = where && compileLookup(where);
  return {
    *matching(collection, after) {
      const found = lookup && (yield* find(lookup, collection));
      const entries = found ? pick(collection, found.candidates.after(after)) : collection.after(after);
      let passed = 0;
      for (const entry of entries) {
        if (entry && keeps(entry)) yield { position: entry.ordinal, value: entry.read(roots) };
        if (!entry || ++passed % stride === 0) yield undefined;
      }
    },
    *count(collection) {
      if (!where) return collection.size;
      const found = lookup?.exact ? yield* find(lookup, collection) : undefined;
      return found?.exact ? yield* count(found.candidates) : undefined;
    },
  };
}

/** Reads no more than a condition looks at: of most entries of a walk nothing else is needed. */
function compileCheck(where: Expression): (entry: Entry) => boolean {
  const condition = compile(where);
  const asked = rootsOf(where);
  return (entry) => condition(entry.read(asked)) === true;
}

/** The entries at some ordinals; one that is gone meanwhile is passed over. */
function* pick(collection: Collection, ordinals: Walk<number>): Walk<Entry> {
  for (const ordinal of ordinals) yield ordinal === undefined ? undefined : collection.get(ordinal);
}
