/** What has a place in an order: a number that is one, or a thing with one. */
export type Placed = number | { readonly ordinal: number };

/** Most items of one chunk: what an insertion moves at most. */
const chunkSize = 512;

/**
 * Items in the order of their ordinals, one for each. To add, to take away and to find one costs a binary search and the
 * move of at most a chunk, wherever it stands among millions.
 */
export class Ordered<T extends Placed> {
  /** None is empty. */
  readonly #chunks: T[][] = [];
  #size = 0;
  /** Moves with every change of places, so that who is on the way through finds the place again. */
  #changes = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts an item at its ordinal, in the place of one that is there. */
  add(item: T): void {
    const ordinal = ordinalOf(item);
    const chunkAt = this.#chunkOf(ordinal);
    const chunk = this.#chunks[chunkAt];
    if (!chunk) {
      this.#append(item);
      return;
    }
    const at = firstFrom(chunk, ordinal);
    if (ordinalOf(chunk[at]) === ordinal) {
      chunk[at] = item;
      return;
    }
    chunk.splice(at, 0, item);
    this.#size++;
    this.#changes++;
    if (chunk.length > chunkSize) this.#chunks.splice(chunkAt + 1, 0, chunk.splice(chunkSize / 2));
  }

  /** Takes the item of an ordinal away; tells whether there was one. */
  delete(ordinal: number): boolean {
    const chunkAt = this.#chunkOf(ordinal);
    const chunk = this.#chunks[chunkAt];
    if (!chunk) return false;
    const at = firstFrom(chunk, ordinal);
    if (ordinalOf(chunk[at]) !== ordinal) return false;
    chunk.splice(at, 1);
    this.#size--;
    this.#changes++;
    const next = this.#chunks[chunkAt + 1];
    if (chunk.length === 0) this.#chunks.splice(chunkAt, 1);
    else if (next && chunk.length + next.length <= chunkSize / 2) this.#chunks.splice(chunkAt, 2, [...chunk, ...next]);
    return true;
  }

  get(ordinal: number): T | undefined {
    const chunk = this.#chunks[this.#chunkOf(ordinal)];
    const item = chunk?.[firstFrom(chunk, ordinal)];
    return ordinalOf(item) === ordinal ? item : undefined;
  }

  has(ordinal: number): boolean {
    return this.get(ordinal) !== undefined;
  }

  /**
   * The items whose ordinals are greater, found without walking those before them. What is added and taken away on the
   * way is seen where it stands further on.
   */
  *after(ordinal: number): Generator<T, void, undefined> {
    let last = ordinal;
    for (;;) {
      const changes = this.#changes;
      let chunkAt = this.#chunkOf(last + 1);
      let chunk = this.#chunks[chunkAt];
      let at = chunk ? firstFrom(chunk, last + 1) : 0;
      while (chunk && changes === this.#changes) {
        const item = chunk[at++];
        if (item === undefined) {
          chunk = this.#chunks[++chunkAt];
          at = 0;
          continue;
        }
        last = ordinalOf(item);
        yield item;
      }
      if (changes === this.#changes) return;
    }
  }

  /** The first chunk that reaches an ordinal. */
  #chunkOf(ordinal: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ordinalOf(this.#chunks[middle]?.at(-1)) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #append(item: T): void {
    const last = this.#chunks.at(-1);
    if (last && last.length < chunkSize) last.push(item);
    else this.#chunks.push([item]);
    this.#size++;
    this.#changes++;
  }
}

/** The first place whose ordinal is not smaller. */
function firstFrom<T extends Placed>(items: readonly T[], ordinal: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordinalOf(items[middle]) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is not there has no ordinal, and compares with none. */
function ordinalOf(item: Placed | undefined): number {
  return typeof item === 'object' ? item.ordinal : (item ?? Number.NaN);
}
