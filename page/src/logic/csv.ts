import type { Json } from '../api/schemas';
import { fromText } from './json';

/** Rows as CSV (RFC 4180), by the rules of the app's own: what a spreadsheet takes for a formula is written as a JSON string. */
export function toCsv(columns: readonly string[], rows: readonly (readonly (Json | undefined)[])[]): string {
  const lines = [columns.map(cellOf), ...rows.map((row) => row.map(cellOf))];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

function cellOf(value: Json | undefined): string {
  const text = textOf(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  const isFormula = /^[;\s]*[=+\-@\t\r＝＋－＠]/.test(value);
  return isFormula || value === '' || typeof fromText(value) !== 'string' ? JSON.stringify(value) : value;
}
