import { columnOf } from './columnNames';

/** A record of a CSV text: the line where it starts, counted from 1, and its cells, or what is wrong with it. */
export interface CsvRecord {
  line: number;
  cells: string[];
  fault?: string;
}

/** What may stand between cells. */
const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

/** What stands between the cells of a CSV, and how long the line is that says so, where there is one: `sep=;`. */
export interface Separation {
  separator: Separator;
  length: number;
}

/**
 * Reads CSV (RFC 4180): records end with CRLF or LF, a quoted cell may hold separators, line ends and doubled quotes. Lines
 * without anything are passed over. A record with a fault does not end the reading.
 *
 * @param separation found in the text unless told.
 *
 * Written here because the libraries for it tell no line numbers, or wrong ones after a quoted line end; the tests
 * compare it with one.
 */
export function* readCsv(text: string, separation = separationOf(text)): Generator<CsvRecord, undefined> {
  const { separator, length } = separation;
  const reader: Reader = { text, separator, at: length, line: length > 0 ? 2 : 1 };
  while (reader.at < text.length) {
    const record = readRecord(reader);
    if (record.cells.length > 1 || record.cells[0] !== '' || record.fault !== undefined) yield record;
  }
}

/** What a spreadsheet separates cells with: what a line `sep=…` says, else what gives the header a device id. */
export function separationOf(text: string): Separation {
  const [line = '', said] = /^sep=(.)\r?\n/i.exec(text) ?? [];
  const separator = separators.find((each) => each === said);
  if (separator) return { separator, length: line.length };
  const gives = (each: Separator) => {
    const header = readCsv(text, { separator: each, length: 0 }).next().value;
    return header !== undefined && columnOf(header.cells, 'deviceId') >= 0;
  };
  return { separator: separators.find(gives) ?? ',', length: 0 };
}

interface Reader {
  text: string;
  separator: Separator;
  at: number;
  line: number;
}

function readRecord(reader: Reader): CsvRecord {
  const record: CsvRecord = { line: reader.line, cells: [] };
  for (;;) {
    record.cells.push(reader.text[reader.at] === '"' ? readQuoted(reader, record) : readBare(reader, record));
    const end = reader.text[reader.at++];
    if (end === reader.separator) continue;
    if (end === '\n') reader.line++;
    return record;
  }
}

function readBare(reader: Reader, record: CsvRecord): string {
  const cell = upToEnd(reader);
  if (cell.includes('"'))
    record.fault ??= 'a quote stands inside a cell that is not quoted; quote the cell, and double it';
  return cell;
}

function readQuoted(reader: Reader, record: CsvRecord): string {
  const opened = reader.line;
  let cell = '';
  for (;;) {
    const quote = reader.text.indexOf('"', reader.at + 1);
    const part = reader.text.slice(reader.at + 1, quote < 0 ? undefined : quote);
    cell += part;
    reader.line += part.split('\n').length - 1;
    if (quote < 0) {
      record.fault ??= `the quote that opens a cell in line ${opened} is never closed`;
      reader.at = reader.text.length;
      return cell;
    }
    reader.at = quote + 1;
    if (reader.text[reader.at] !== '"') break;
    cell += '"';
  }
  if (upToEnd(reader) !== '') record.fault ??= 'text follows the closing quote of a cell; double a quote inside a cell';
  return cell;
}

const restPatterns: Readonly<Record<Separator, RegExp>> = { ',': /[^,\n]*/y, ';': /[^;\n]*/y, '\t': /[^\t\n]*/y };

/** The rest of a cell; where it ends a line, without the CR of the line end. */
function upToEnd(reader: Reader): string {
  const rest = restPatterns[reader.separator];
  rest.lastIndex = reader.at;
  const [cell = ''] = rest.exec(reader.text) ?? [];
  reader.at += cell.length;
  return reader.text[reader.at] === reader.separator ? cell : cell.replace(/\r$/, '');
}
