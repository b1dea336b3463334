import { Indexes } from '../../src/query/indexes';
import { Ordered } from '../../src/query/ordered';
import type { Collection, Entry } from '../../src/query/source';
import type { JsonObject } from '../../src/service/types';

/** A collection that keeps its entries itself, with indexes. An entry is not changed but replaced. */
export class Documents<E extends Entry> extends Ordered<E> implements Collection {
  readonly indexes = new Indexes();

  override add(entry: E): void {
    const before = this.get(entry.ordinal);
    super.add(entry);
    this.indexes.changed(entry.ordinal, before && reading(before), reading(entry));
  }

  override delete(ordinal: number): boolean {
    const before = this.get(ordinal);
    if (!before) return false;
    super.delete(ordinal);
    this.indexes.changed(ordinal, reading(before), undefined);
    return true;
  }
}

function reading(entry: Entry): () => JsonObject {
  return () => entry.read();
}
