import type { JsonObject } from '../service/types';
import type { Expression } from './ast';
import { count } from './candidates';
import { compile } from './evaluate';
import { compileLookup, find } from './lookup';
import { type Roots, rootsOf } from './roots';
import type { Collection, Entry } from './source';

/** A document and where it stands. */
export interface Match {
  position: number;
  value: JsonObject;
}

/** What a condition lets through. */
export interface Filter {
  /** The matching documents after an ordinal. Indexes only narrow down which are read; the condition decides. */
  matching(collection: Collection, after: number): Iterable<Match>;
  /** How many match, where that is known without reading any. */
  count(collection: Collection): number | undefined;
}

/**
 * @param roots the members of a match that are looked at; all of them where absent.
 * @throws QueryError for a function that the language does not have.
 */
export function compileFilter(where: Expression | undefined, roots?: Roots): Filter {
  if (!where) {
    return {
      matching: (collection, after) => read(collection.after(after), roots),
      count: (collection) => collection.size,
    };
  }
  const condition = compile(where);
  const asked = rootsOf(where);
  const lookup = compileLookup(where);
  return {
    matching(collection, after) {
      const found = lookup && find(lookup, collection);
      const entries = found ? pick(collection, found.candidates.after(after)) : collection.after(after);
      return read(
        pickWhere(entries, asked, (document) => condition(document) === true),
        roots,
      );
    },
    count(collection) {
      const found = lookup?.exact ? find(lookup, collection) : undefined;
      return found?.exact ? count(found.candidates) : undefined;
    },
  };
}

function* read(entries: Iterable<Entry>, roots: Roots | undefined): Generator<Match, void, undefined> {
  for (const entry of entries) yield { position: entry.ordinal, value: entry.read(roots) };
}

/** Reads no more than a condition looks at: of most entries of a walk nothing else is needed. */
function* pickWhere(
  entries: Iterable<Entry>,
  asked: Roots,
  keeps: (document: JsonObject) => boolean,
): Generator<Entry, void, undefined> {
  for (const entry of entries) if (keeps(entry.read(asked))) yield entry;
}

function* pick(collection: Collection, ordinals: Iterable<number>): Generator<Entry, void, undefined> {
  for (const ordinal of ordinals) {
    const entry = collection.get(ordinal);
    if (entry) yield entry;
  }
}
