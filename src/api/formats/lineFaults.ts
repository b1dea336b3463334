import { InvalidInputError } from '../../errors/invalidInputError';
import { InvalidLinesError, type LineFault, maxFaults } from '../../errors/invalidLinesError';

/** Gathers the faults of a body's lines, and says when there are enough. */
export class LineFaults {
  readonly #faults: LineFault[] = [];

  /** Notes what `read` throws as the fault of a line; undefined then. */
  read<T>(line: number, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.#faults.push({ line, detail: error.message });
      return undefined;
    }
  }

  /** Whether there are more than an answer tells: the rest of the body need not be read. */
  get areMany(): boolean {
    return this.#faults.length > maxFaults;
  }

  /** @throws InvalidLinesError where there are any. */
  throwAny(): void {
    if (this.#faults.length > 0) throw new InvalidLinesError(this.#faults);
  }
}
