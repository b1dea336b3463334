import { isGone } from './storageFault';

/** A table or a queue: opened when it is first used, and again after it could not be opened, or was deleted. */
export class Opened<T> {
  #opening: Promise<T> | undefined;

  constructor(private readonly open: () => Promise<T>) {}

  /** Does something with it; once more from the start where somebody has deleted it. */
  async use<R>(action: (opened: T) => Promise<R>): Promise<R> {
    return this.#useOnce(action).catch((error: unknown) => {
      if (!isGone(error)) throw error;
      return this.#useOnce(action);
    });
  }

  async #useOnce<R>(action: (opened: T) => Promise<R>): Promise<R> {
    const opening = this.#open();
    try {
      return await action(await opening);
    } catch (error) {
      if (isGone(error)) this.#forget(opening);
      throw error;
    }
  }

  #open(): Promise<T> {
    if (this.#opening) return this.#opening;
    const opening = this.open();
    this.#opening = opening;
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  /** Another use may have opened it again meanwhile. */
  #forget(opening: Promise<T>): void {
    if (this.#opening === opening) this.#opening = undefined;
  }
}
