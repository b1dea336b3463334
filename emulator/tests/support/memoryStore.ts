import type { Kind, Store } from '../../src/store/store';

/** A store that a later hub may be given, too. */
export class MemoryStore implements Store {
  readonly #texts = new Map<Kind, Map<string, string>>();

  all(kind: Kind): Iterable<[key: string, text: string]> {
    return this.#of(kind);
  }

  check(): void {}

  async put(kind: Kind, key: string, text: string): Promise<void> {
    this.#of(kind).set(key, text);
  }

  async delete(kind: Kind, key: string): Promise<void> {
    this.#of(kind).delete(key);
  }

  #of(kind: Kind): Map<string, string> {
    const texts = this.#texts.get(kind) ?? new Map<string, string>();
    this.#texts.set(kind, texts);
    return texts;
  }
}
