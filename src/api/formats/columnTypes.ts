import { InvalidInputError } from '../../errors/invalidInputError';
import type { Json } from '../../json';
import { isTwinNumber } from '../../twins/tags';
import { parseJson } from './parseCell';

/** Tells what a cell stands for; undefined where it says nothing. */
export type ReadCell = (cell: string) => Json | undefined;

/** What stands in every cell of a column whose name in the header ends in `:TYPE`; undefined for what is none of it. */
const types: Readonly<Record<string, ReadCell>> = {
  text: (cell) => {
    const value = cell.startsWith('"') ? parseJson(cell) : undefined;
    return typeof value === 'string' ? value : cell;
  },
  number: (cell) => {
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(cell) ? Number(cell) : Number.NaN;
    return isTwinNumber(value) ? value : undefined;
  },
  // Spreadsheets write them in capital letters.
  boolean: (cell) => (/^(true|false)$/i.test(cell) ? cell.toLowerCase() === 'true' : undefined),
  json: parseJson,
};

/** A name of a header without its type, and how the cells of a typed column are read. */
export interface TypedName {
  name: string;
  read?: ReadCell;
}

/**
 * Splits `floor:number`. Names of tags may hold a colon themselves; such a name stands in double brackets.
 *
 * @throws InvalidInputError for a type that there is not.
 */
export function splitType(header: string): TypedName {
  const [, name = '', type = ''] = /^(.*):([^\]]*)$/s.exec(header) ?? [];
  if (name === '') return { name: header };
  const parse = Object.hasOwn(types, type) ? types[type] : undefined;
  if (parse) return { name, read: (cell) => readTyped(header, cell, parse) };
  const known = Object.keys(types).join(', ');
  throw new InvalidInputError(`column '${header}': the types are ${known}; a name with a colon stands in [[…]].`);
}

/** In every column, an empty cell says nothing and `null` removes the tag. */
function readTyped(header: string, cell: string, parse: ReadCell): Json | undefined {
  if (cell === '') return undefined;
  if (cell === 'null') return null;
  const value = parse(cell);
  if (value !== undefined) return value;
  throw new InvalidInputError(`column '${header}' has '${shortened(cell)}', which it cannot hold.`);
}

function shortened(cell: string): string {
  return cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
}
