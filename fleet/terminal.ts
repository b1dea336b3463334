import { visible } from '../src/visible';

/** Where a command writes: results to stdout, everything that is said about them to stderr. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Of a terminal that does not tell. */
const defaultColumns = 80;

/** Columns that a table may take; what is no terminal takes all of it. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns || defaultColumns : Number.POSITIVE_INFINITY;
}

/** Writes lines, with nothing in them that a terminal obeys: names and details come from a network. */
export function write(stream: NodeJS.WritableStream, lines: string): Promise<void> {
  return writeAsItIs(stream, obeyedByNone(lines));
}

/** Lines as they may be shown. Of JSON the meaning stays: what is spelled out is spelled as JSON does. */
export function obeyedByNone(lines: string): string {
  return lines.split('\n').map(visible).join('\n');
}

/** Writes text, and waits where the reader is slower: nothing piles up in memory. */
export async function writeAsItIs(stream: NodeJS.WritableStream, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    // A stream tells of an error in its callback; null where there is none.
    stream.write(text, (error) => (error ? reject(error) : resolve())),
  );
}
