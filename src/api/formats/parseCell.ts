import type { Json } from '../../json';

/**
 * The value that a cell of a CSV stands for: what reads as JSON is that value, other text is a string, and an empty
 * cell is none. A string that reads as JSON, or that is empty, stands there as a JSON string.
 */
export function parseCell(cell: string): Json | undefined {
  if (cell === '') return undefined;
  // JSON allows white space around a value. In a cell it makes a string.
  if (!/^[-\d"[{tfn](.*[\]}"\w])?$/s.test(cell)) return cell;
  try {
    return JSON.parse(cell) as Json;
  } catch {
    return cell;
  }
}
