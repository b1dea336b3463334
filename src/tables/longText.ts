import type { Cell, Row } from './table';

/** A column holds 32,768 characters (Azure Table Storage, "Understanding the table service data model"). */
const chunkCharacters = 32_000;

/** A text as the columns `name0`, `name1`, … */
export function toColumns(name: string, text: string): Record<string, string> {
  const chunks = Math.max(1, Math.ceil(text.length / chunkCharacters));
  return Object.fromEntries(
    Array.from({ length: chunks }, (_, index) => [
      `${name}${index}`,
      text.slice(index * chunkCharacters, (index + 1) * chunkCharacters),
    ]),
  );
}

/** The text that {@link toColumns} made columns of. */
export function fromColumns(name: string, row: Row): string {
  const chunks: Cell[] = [];
  for (let chunk = row[`${name}0`]; chunk !== undefined; chunk = row[`${name}${chunks.length}`]) chunks.push(chunk);
  return chunks.join('');
}
