import { parseIdCell } from '../src/api/formats/idCell';
import { readCsv } from '../src/api/formats/readCsv';
import type { Format } from './format';
import type { FileRecord } from './records';

/** Tells the device that a record names; undefined where it names none, which the API judges. */
export type ReadId = (record: FileRecord) => string | undefined;

/** @param header of a CSV. */
export function idReader(format: Format, header: Uint8Array): ReadId {
  if (format === 'ndjson') return ({ bytes }) => idOfJson(decode(bytes));
  const column = cellsOf(header).indexOf('deviceId');
  return ({ bytes }) => parseIdCell(cellsOf(bytes)[column]);
}

const decoder = new TextDecoder();

function cellsOf(bytes: Uint8Array): string[] {
  return readCsv(decode(bytes)).next().value?.cells ?? [];
}

/** Without a byte order mark. */
function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
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
