import { placeOf } from './feedRow';

/** How far a reader has come: the place that it has reached in each stream of the feed. */
export type Cursor = ReadonlyMap<string, string>;

/** What stands for no streams at all: a cursor is never an empty text. */
const empty = '0';

/** The cursor as text that needs no escaping in an address. */
export function formatCursor(cursor: Cursor): string {
  const parts = [...cursor]
    .filter(([, place]) => place !== '')
    .map(([id, place]) => `${id}.${BigInt(place).toString(36)}`);
  return parts.length === 0 ? empty : parts.sort().join('~');
}

/** The cursor that a text stands for; undefined where it is none. */
export function parseCursor(text: string): Cursor | undefined {
  if (text === empty) return new Map();
  if (!/^[\w-]{8}\.[0-9a-z]{1,13}(~[\w-]{8}\.[0-9a-z]{1,13})*$/.test(text)) return undefined;
  return new Map(
    text.split('~').map((part) => {
      const [id = '', number = ''] = part.split('.');
      const digits = [...number].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
      return [id, placeOf(String(digits))];
    }),
  );
}
