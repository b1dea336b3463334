import { InvalidInputError } from './invalidInputError';

/** What is wrong with a line of a body. */
export interface LineFault {
  /** Counted from 1. */
  line: number;
  detail: string;
}

/** Most faults that one answer tells; a file of the wrong kind has one in each line. */
export const maxFaults = 10;

/** Lines of a body are not valid. The message tells each, up to ten. */
export class InvalidLinesError extends InvalidInputError {
  override readonly message: string;
  readonly faults: readonly LineFault[];

  /** @param faults one at least. */
  constructor(faults: readonly LineFault[]) {
    const told = faults.slice(0, maxFaults);
    const more = faults.length > told.length ? [`and more after these`] : [];
    const message = [...told.map(({ line, detail }) => `Line ${line}: ${detail}`), ...more].join(' ');
    super(message);
    // Each of them is short enough by itself.
    this.message = message;
    this.faults = told;
  }
}
