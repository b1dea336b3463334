import type { Json } from '../../json';
import { isTwinNumber } from '../../twins/tags';

/**
 * The value that a cell of a CSV stands for: what reads as JSON is that value, other text is a string, and an empty
 * cell is none. A string that reads as JSON, or that is empty, stands there as a JSON string.
 *
 * A number is one only where it would be written the same way again, and a twin can hold it: `1.10`, `12E4` and serial
 * numbers of 19 digits are names that look like numbers.
 */
export function parseCell(cell: string): Json | undefined {
  if (cell === '') return undefined;
  // So spreadsheets write the truth values that they read.
  if (cell === 'TRUE' || cell === 'FALSE') return cell === 'TRUE';
  // JSON allows white space around a value. In a cell it makes a string.
  if (!/^[-\d"[{tfn](.*[\]}"\w])?$/s.test(cell)) return cell;
  const value = parseJson(cell);
  if (value === undefined) return cell;
  return typeof value === 'number' && !(JSON.stringify(value) === cell && isTwinNumber(value)) ? cell : value;
}

/** As {@link parseCell}, but what looks like a number or a truth value is text. */
export function parsePlaceCell(cell: string): Json | undefined {
  const value = parseCell(cell);
  return typeof value === 'number' || typeof value === 'boolean' ? cell : value;
}

/** The JSON that a text holds; undefined where it holds none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
