import type { Json } from '../../json';

/** A device with its values; those that are undefined or null make empty cells. */
export type CsvRow = readonly [deviceId: string, ...values: (Json | undefined)[]];

/** Encodes a header and rows as CSV (RFC 4180); each line ends in CR LF. */
export function encodeCsv(header: readonly string[], rows: Iterable<CsvRow>): string {
  let text = encodeLine(header.map(quote));
  // An id is text whatever it looks like: `17`, `true`.
  for (const [deviceId, ...values] of rows) text += encodeLine([quote(deviceId), ...values.map(encodeCell)]);
  return text;
}

/**
 * A value as a cell. What a reader would take for another value (an empty string, a string that reads as JSON) and what
 * does not travel well as text (control characters, halves of surrogate pairs) is written as a JSON string.
 */
function encodeCell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return quote(JSON.stringify(value));
  return quote(value === '' || isJson(value) || /[\p{Cc}\p{Cs}\ufeff]/u.test(value) ? JSON.stringify(value) : value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function quote(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function encodeLine(cells: string[]): string {
  return `${cells.join(',')}\r\n`;
}
