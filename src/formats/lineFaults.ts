import { InvalidInputError } from '../invalidInputError';

/** What is wrong with a line of a body. */
export interface LineFault {
  /** Counted from 1. */
  line: number;
  detail: string;
}

/** Most faults that one answer tells; a file of the wrong kind has one in each line. */
const maxFaults = 10;

/** Lines of a body are not valid. The message tells each, up to ten. */
export class InvalidLinesError extends InvalidInputError {
  readonly faults: readonly LineFault[];

  /** @param faults one at least. */
  constructor(faults: readonly LineFault[]) {
    const told = faults.slice(0, maxFaults);
    const more = faults.length > told.length ? [`and more after these`] : [];
    super([...told.map(({ line, detail }) => `Line ${line}: ${detail}`), ...more].join(' '));
    this.faults = told;
  }
}

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
