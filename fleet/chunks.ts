import { parse } from 'csv-parse/sync';
import type { Format } from './format';
import { type FileRecord, isBlank, readRecords } from './records';

/** Longest body that the API takes. */
const maxBytes = 8 * 1024 * 1024;

/** A part of a file that is a file itself: whole records, in CSV behind the header. */
export interface Chunk {
  text: string;
  /** Where it ends in the file, and the line that follows. */
  end: number;
  nextLine: number;
  devices: number;
  /** The line in the file of a line of the text. */
  lineOf(line: number): number;
  /** The lines in the file of its devices. */
  linesOfDevices(): Map<string, number>;
}

export interface Position {
  offset: number;
  line: number;
}

/** Cuts a file into chunks of so many devices at most, each small enough for a request. */
export async function* readChunks(
  file: string,
  format: Format,
  from: Position,
  maxDevices: number,
): AsyncGenerator<Chunk> {
  const header = format === 'csv' ? await firstRecord(file) : undefined;
  const headerBytes = header?.bytes.length ?? 0;
  const begin = from.offset === 0 ? { offset: headerBytes, line: 1 + (header?.lines ?? 0) } : from;
  let records: FileRecord[] = [];
  let [bytes, devices, end] = [headerBytes, 0, begin.offset];
  for await (const record of readRecords(file, { format, start: begin.offset, line: begin.line, maxBytes })) {
    const isFull = devices === maxDevices || bytes + record.bytes.length > maxBytes;
    if (isFull && devices > 0) {
      yield toChunk(format, header, records, end, devices);
      records = [];
      [bytes, devices] = [headerBytes, 0];
    }
    records.push(record);
    bytes += record.bytes.length;
    end += record.bytes.length;
    if (!isBlank(record)) devices++;
  }
  if (devices > 0) yield toChunk(format, header, records, end, devices);
}

/** How many devices a file names. */
export async function countRecords(file: string, format: Format): Promise<number> {
  let count = 0;
  for await (const record of readRecords(file, { format, maxBytes })) if (!isBlank(record)) count++;
  return Math.max(0, format === 'csv' ? count - 1 : count);
}

async function firstRecord(file: string): Promise<FileRecord | undefined> {
  for await (const record of readRecords(file, { format: 'csv', maxBytes })) return record;
  return undefined;
}

function toChunk(
  format: Format,
  header: FileRecord | undefined,
  records: readonly FileRecord[],
  end: number,
  devices: number,
): Chunk {
  const text = Buffer.concat([...(header ? [header] : []), ...records].map(({ bytes }) => bytes)).toString();
  const headerLines = header?.lines ?? 0;
  const [first, last] = [records[0], records.at(-1)];
  const firstLine = first?.line ?? 1;
  return {
    text,
    end,
    nextLine: (last?.line ?? 1) + (last?.lines ?? 0),
    devices,
    lineOf: (line) => (line <= headerLines ? line : line - headerLines + firstLine - 1),
    linesOfDevices: () => {
      const named = records.filter((record) => !isBlank(record));
      const ids = format === 'csv' ? idsOfCsv(text) : named.map(({ bytes }) => idOfJson(bytes.toString()));
      return new Map(named.flatMap(({ line }, index) => (ids[index] === undefined ? [] : [[ids[index], line]])));
    },
  };
}

function idsOfCsv(text: string): (string | undefined)[] {
  const [header = [], ...rows]: string[][] = parse(text, {
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  const column = header.findIndex((name) => name.trim() === 'deviceId');
  return rows.map((row) => unquoted(row[column]));
}

/** An id that reads as JSON, `17` or `null`, is written as a JSON string. */
function unquoted(cell: string | undefined): string | undefined {
  if (!cell?.startsWith('"')) return cell;
  const value = tryJson(cell);
  return typeof value === 'string' ? value : cell;
}

function idOfJson(line: string): string | undefined {
  const value = tryJson(line);
  const isNamed = typeof value === 'object' && value !== null && 'deviceId' in value;
  return isNamed && typeof value.deviceId === 'string' ? value.deviceId : undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
