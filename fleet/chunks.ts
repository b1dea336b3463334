import { type Separator, separationOf } from '../src/api/formats/readCsv';
import { idReader, type ReadId } from './deviceIds';
import type { Format } from './format';
import { type FileRecord, isBlank, readRecords } from './records';

const byteOrderMark = Buffer.from('\ufeff');

/** Longest body that the API takes. */
const maxBytes = 8 * 1024 * 1024;

/** A part of a file that is a file itself: whole records, in CSV behind the header. */
export interface Chunk {
  bytes: Buffer;
  /** Where it ends in the file, and the line that follows. */
  end: number;
  nextLine: number;
  devices: number;
  /** The line in the file of a line of the chunk. */
  lineOf(line: number): number;
  /** The lines in the file of its devices. */
  linesOfDevices(): Map<string, number>;
}

export interface Position {
  offset: number;
  line: number;
}

/** A device of a file; the id is undefined where its record names none. */
export interface NamedDevice {
  deviceId: string | undefined;
  line: number;
}

/** A file of devices, and how it is read. */
export interface Sheet {
  file: string;
  format: Format;
  /** What stands between the cells of a CSV; guessed where it is undefined. */
  separator?: Separator | undefined;
}

/** What comes before the records of a file: in CSV its header, with empty lines before it. */
interface Head {
  /** As each chunk begins with it. */
  bytes: Buffer;
  /** In the file. */
  length: number;
  lines: number;
  /** Lines of it that are none of the file. */
  added: number;
}

/** Cuts a file into chunks of so many devices at most, each small enough for a request. */
export async function* readChunks(sheet: Sheet, from: Position, maxDevices: number): AsyncGenerator<Chunk> {
  const { file, format } = sheet;
  const head = await readHead(sheet);
  const readId = idReader(format, head.bytes);
  const begin = from.offset === 0 ? afterHead(head) : from;
  let records: FileRecord[] = [];
  let [bytes, devices, end] = [head.bytes.length, 0, begin.offset];
  for await (const record of readRecords(file, { format, start: begin.offset, line: begin.line, maxBytes })) {
    const isFull = devices === maxDevices || bytes + record.bytes.length > maxBytes;
    if (isFull && devices > 0) {
      yield toChunk(head, records, end, readId);
      records = [];
      [bytes, devices] = [head.bytes.length, 0];
    }
    records.push(record);
    bytes += record.bytes.length;
    end += record.bytes.length;
    if (!isBlank(record)) devices++;
  }
  if (devices > 0) yield toChunk(head, records, end, readId);
}

/** The devices of a file, one after the other. */
export async function* readDevices(sheet: Sheet): AsyncGenerator<NamedDevice> {
  const { file, format } = sheet;
  const head = await readHead(sheet);
  const readId = idReader(format, head.bytes);
  const { offset: start, line } = afterHead(head);
  for await (const record of readRecords(file, { format, start, line, maxBytes })) {
    if (!isBlank(record)) yield { deviceId: readId(record), line: record.line };
  }
}

/** What stands between the cells of a CSV, as is said of it, or its head says or has it guessed. */
export async function separatorOf(sheet: Sheet): Promise<Separator> {
  const { bytes } = await readHead(sheet);
  return separationOf(new TextDecoder().decode(bytes)).separator;
}

async function readHead({ file, format, separator }: Sheet): Promise<Head> {
  // As a line of the file would say it, but none of its lines.
  const said = separator ? Buffer.from(`sep=${separator}\n`) : Buffer.alloc(0);
  const head: Head = { bytes: said, length: 0, lines: 0, added: separator ? 1 : 0 };
  if (format === 'ndjson') return head;
  for await (const record of readRecords(file, { format, maxBytes })) {
    const isOverruled = separator !== undefined && saysSeparator(record);
    // An empty line in its place: lines stay what they are. A mark of the encoding stands in front of all, or nowhere.
    const kept = isOverruled ? Buffer.from('\n') : record.bytes;
    head.bytes = Buffer.concat([head.bytes, separator ? withoutMark(kept) : kept]);
    head.length += record.bytes.length;
    head.lines += record.lines;
    if (!isBlank(record) && !saysSeparator(record)) break;
  }
  return head;
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
}

/** A line before the header for spreadsheets, which the app reads too. */
function saysSeparator({ bytes, line }: FileRecord): boolean {
  return line === 1 && /^(\ufeff)?sep=/i.test(bytes.toString());
}

function afterHead({ length, lines }: Head): Position {
  return { offset: length, line: 1 + lines };
}

function toChunk(head: Head, records: readonly FileRecord[], end: number, readId: ReadId): Chunk {
  const [first, last] = [records[0], records.at(-1)];
  const firstLine = first?.line ?? 1;
  const named = records.filter((record) => !isBlank(record));
  return {
    bytes: Buffer.concat([head, ...records].map(({ bytes }) => bytes)),
    end,
    nextLine: (last?.line ?? 1) + (last?.lines ?? 0),
    devices: named.length,
    lineOf: (sent) => {
      const line = Math.max(1, sent - head.added);
      return line <= head.lines ? line : line - head.lines + firstLine - 1;
    },
    linesOfDevices: () => new Map(named.map((record) => [readId(record) ?? '', record.line])),
  };
}
