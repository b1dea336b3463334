import type { Json } from '../../json';
import { parseJson } from './parseCell';

/** A device with its values; those that are undefined or null make empty cells. */
export type CsvRow = readonly [deviceId: string, ...values: (Json | undefined)[]];

/**
 * What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"): with the signs that are read so in a
 * full-width script, and behind a semicolon, which separates cells where a comma separates decimals.
 */
const formula = /(^\s*|;[\s"\\]*)[=+\-@＝＋－＠]/;

/** Encodes a header and rows as CSV (RFC 4180); each line ends in CR LF. */
export function encodeCsv(header: readonly string[], rows: Iterable<CsvRow>): string {
  let text = encodeLine(header.map(quote));
  // An id is text whatever it looks like: `17`, `true`.
  for (const [deviceId, ...values] of rows) {
    text += encodeLine([quote(formula.test(deviceId) ? asJson(deviceId) : deviceId), ...values.map(encodeCell)]);
  }
  return text;
}

/**
 * A value as a cell. What a reader would take for another value (an empty string, a string that reads as JSON), what a
 * spreadsheet would run, and what does not travel well as text (control characters, halves of surrogate pairs) is
 * written as a JSON string.
 */
function encodeCell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return quote(asJson(value));
  const isPlain =
    value !== '' && parseJson(value) === undefined && !/^(TRUE|FALSE)$/.test(value) && !formula.test(value);
  return quote(isPlain && !/[\p{Cc}\p{Cs}\ufeff]/u.test(value) ? value : asJson(value));
}

/** A semicolon of JSON stands within a string, where it may be spelled out. */
function asJson(value: Json): string {
  return JSON.stringify(value).replaceAll(new RegExp(formula, 'g'), (sign) => sign.replace(';', '\\u003b'));
}

function quote(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function encodeLine(cells: string[]): string {
  return `${cells.join(',')}\r\n`;
}
