import { columnOf } from '../src/api/formats/columnNames';
import { parseIdCell } from '../src/api/formats/idCell';
import { readCsv, separationOf } from '../src/api/formats/readCsv';
import type { Format } from './format';
import type { FileRecord } from './records';

/** Tells the device that a record names; undefined where it names none, which the API judges. */
export type ReadId = (record: FileRecord) => string | undefined;

/** @param header of a CSV. */
export function idReader(format: Format, header: Uint8Array): ReadId {
  if (format === 'ndjson') return ({ bytes }) => idOfJson(decode(bytes));
  const text = decode(header);
  const separation = separationOf(text);
  const column = columnOf(readCsv(text, separation).next().value?.cells ?? [], 'deviceId');
  const inRecord = { ...separation, length: 0 };
  return ({ bytes }) => parseIdCell(readCsv(decode(bytes), inRecord).next().value?.cells[column]);
}

const decoder = new TextDecoder();

/** Without a byte order mark. */
function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function idOfJson(line: string): string | undefined {
  const value = tryJson(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, deviceId = id }: { id?: unknown; deviceId?: unknown } = value;
  return typeof deviceId === 'string' ? deviceId : undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
