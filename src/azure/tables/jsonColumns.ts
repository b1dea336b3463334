import type { Cell, Row } from './table';

/** A column holds 32,768 characters (Azure Table Storage, "Understanding the table service data model"). */
const chunkCharacters = 32_000;

/**
 * A JSON value as the columns `name0`, `name1`, … Their text is ASCII: Azurite can break a character of several bytes
 * where a request comes in parts.
 */
export function toColumns(name: string, value: unknown): Record<string, string> {
  const text = (JSON.stringify(value) ?? 'null').replace(/[^ -~]/g, toEscape);
  const chunks = Math.max(1, Math.ceil(text.length / chunkCharacters));
  return Object.fromEntries(
    Array.from({ length: chunks }, (_, index) => [
      `${name}${index}`,
      text.slice(index * chunkCharacters, (index + 1) * chunkCharacters),
    ]),
  );
}

/** The value that {@link toColumns} made columns of. */
export function fromColumns(name: string, row: Row): unknown {
  const chunks: Cell[] = [];
  for (let chunk = row[`${name}0`]; chunk !== undefined; chunk = row[`${name}${chunks.length}`]) chunks.push(chunk);
  return JSON.parse(chunks.join(''));
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
