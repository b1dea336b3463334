import { createReadStream } from 'node:fs';
import { FailedError } from './errors';
import type { Format } from './format';

const newline = 0x0a;
const quote = 0x22;
const space = 0x20;
const separators = [0x2c, 0x3b];

/** A record of a file: a line, or in CSV the lines that a quoted cell spans. */
export interface FileRecord {
  /** With its line end. */
  bytes: Buffer;
  /** Its first line, counted from 1. */
  line: number;
  lines: number;
}

/**
 * The records of a file from a position on, as they are read. Where a record ends is all that is looked at; what
 * is in it the API judges. UTF-8 holds neither a line end nor a quote within another character.
 *
 * @param line that of the position.
 * @throws FailedError for a record of more than `maxBytes`: it fits into no request.
 */
export async function* readRecords(
  file: string,
  { format, start = 0, line = 1, maxBytes }: { format: Format; start?: number; line?: number; maxBytes: number },
): AsyncGenerator<FileRecord> {
  let rest: Buffer = Buffer.alloc(0);
  let at = line;
  let lines = 0;
  let isQuoted = false;
  for await (const piece of createReadStream(file, { start })) {
    const scanned = rest.length;
    const data: Buffer = Buffer.concat([rest, piece]);
    let begin = 0;
    for (let i = scanned; i < data.length; i++) {
      if (data[i] === quote && format === 'csv') isQuoted = !isQuoted;
      if (data[i] !== newline) continue;
      lines++;
      if (isQuoted) continue;
      yield { bytes: data.subarray(begin, i + 1), line: at, lines };
      begin = i + 1;
      at += lines;
      lines = 0;
    }
    rest = data.subarray(begin);
    if (rest.length > maxBytes) throw new FailedError(`Line ${at}: longer than a request may be; is a quote missing?`);
  }
  if (rest.length > 0) yield { bytes: rest, line: at, lines: lines + 1 };
}

/** Whether a record is an empty line, or a row of empty cells. */
export function isBlank({ bytes }: FileRecord): boolean {
  const first = bytes[0] ?? 0;
  return (first <= space || separators.includes(first)) && /^[\s,;]*$/.test(bytes.toString());
}
