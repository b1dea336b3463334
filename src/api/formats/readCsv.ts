/** A record of a CSV text: the line where it starts, counted from 1, and its cells, or what is wrong with it. */
export interface CsvRecord {
  line: number;
  cells: string[];
  fault?: string;
}

/**
 * Reads CSV (RFC 4180): records end with CRLF or LF, a quoted cell may hold commas, line ends and doubled quotes. Lines
 * without anything are passed over. A record with a fault does not end the reading.
 *
 * Written here because the libraries for it tell no line numbers, or wrong ones after a quoted line end; the tests
 * compare it with one.
 */
export function* readCsv(text: string): Generator<CsvRecord, undefined> {
  const reader: Reader = { text, at: 0, line: 1 };
  while (reader.at < text.length) {
    const record = readRecord(reader);
    if (record.cells.length > 1 || record.cells[0] !== '' || record.fault !== undefined) yield record;
  }
}

interface Reader {
  text: string;
  at: number;
  line: number;
}

function readRecord(reader: Reader): CsvRecord {
  const record: CsvRecord = { line: reader.line, cells: [] };
  for (;;) {
    record.cells.push(reader.text[reader.at] === '"' ? readQuoted(reader, record) : readBare(reader, record));
    const end = reader.text[reader.at++];
    if (end === ',') continue;
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

/** The rest of a cell; where it ends a line, without the CR of the line end. */
function upToEnd(reader: Reader): string {
  const rest = /[^,\n]*/y;
  rest.lastIndex = reader.at;
  const [cell = ''] = rest.exec(reader.text) ?? [];
  reader.at += cell.length;
  return reader.text[reader.at] === ',' ? cell : cell.replace(/\r$/, '');
}
