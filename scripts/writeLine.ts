import { visible } from '../src/visible';

/** The one place where the scripts write: a line, whatever is in its text. */
export function writeLine(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${visible(text)}\n`);
}
