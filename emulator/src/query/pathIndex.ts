import { type Candidates, nobody } from './candidates';
import { isScalar, type Scalar, type Value } from './evaluate';
import { Ordered } from './ordered';

/** Which entries have which value at one path, in the order of their ordinals. */
export class PathIndex {
  /** A value that one entry alone has, such as a serial number, needs no list. */
  readonly #ordinals = new Map<Scalar, number | Ordered<number>>();
  readonly #others = new Ordered<number>();

  /** How many values there are, each object and array one of its own. */
  get distinct(): number {
    return this.#ordinals.size + this.#others.size;
  }

  /** The values that there are, with the number of entries that have each. */
  *counts(): Generator<[value: Scalar, count: number], void, undefined> {
    for (const [value, ordinals] of this.#ordinals) yield [value, typeof ordinals === 'number' ? 1 : ordinals.size];
  }

  /** The entries that have an object or an array, which equal nothing. */
  get others(): Ordered<number> {
    return this.#others;
  }

  /** The entries that have a value of the same type that is the same. */
  equal(value: Scalar): Candidates {
    const ordinals = this.#ordinals.get(value);
    if (ordinals === undefined) return nobody;
    return typeof ordinals === 'number' ? listOf(ordinals) : ordinals;
  }

  add(ordinal: number, value: Value): void {
    if (value === undefined) return;
    if (!isScalar(value)) {
      this.#others.add(ordinal);
      return;
    }
    const ordinals = this.#ordinals.get(value);
    if (ordinals === undefined) this.#ordinals.set(value, ordinal);
    else if (typeof ordinals !== 'number') ordinals.add(ordinal);
    else if (ordinals !== ordinal) this.#ordinals.set(value, listOf(ordinals, ordinal));
  }

  delete(ordinal: number, value: Value): void {
    if (value === undefined) return;
    if (!isScalar(value)) {
      this.#others.delete(ordinal);
      return;
    }
    const ordinals = this.#ordinals.get(value);
    if (ordinals === ordinal) this.#ordinals.delete(value);
    else if (typeof ordinals === 'object' && ordinals.delete(ordinal) && ordinals.size === 0) {
      this.#ordinals.delete(value);
    }
  }
}

function listOf(...ordinals: number[]): Ordered<number> {
  const list = new Ordered<number>();
  for (const ordinal of ordinals) list.add(ordinal);
  return list;
}
