import { isReadOnlyPath, namesOf, type PropertyPath, parsePropertyPath } from '../../conditions/propertyPath';
import type { ListedFields } from '../../conditions/twinQuery';
import { InvalidInputError } from '../../errors/invalidInputError';
import type { JsonObject } from '../../json';
import { parseTagsPatch, type TagsPatch } from '../../twins/tags';
import { columnOf } from './columnNames';
import { type ReadCell, splitType } from './columnTypes';
import { parseCell, parsePlaceCell } from './parseCell';
import { define, isAt, setTag } from './tagPath';

/** A column that holds a tag: its place in a record, its name, the path of the tag below `tags`, and what its cells mean. */
interface TagColumn {
  index: number;
  name: string;
  names: readonly string[];
  read: ReadCell;
}

/** Most columns of a CSV. Each is looked at for each device; a twin has no room for so many tags of some length. */
const maxColumns = 1000;

/** What the columns of a CSV mean. */
export interface Columns {
  /** How many there are. */
  count: number;
  deviceId: number;
  /** Negative where there is none. */
  ifMatch: number;
  /** Those that hold tags, outer ones first. */
  tags: TagColumn[];
  ignored: string[];
}

/**
 * Reads a header: `deviceId`, `ifMatch`, names of properties beside the location, full paths of tags, each with a type where
 * wanted. What a twin has and nobody may write is passed over, so that an export can be imported.
 *
 * @throws InvalidInputError
 */
export function parseHeader(given: readonly string[], paths: ListedFields): Columns {
  // Spreadsheets write empty columns behind the last one.
  const cells = given.slice(0, given.findLastIndex((cell) => cell !== '') + 1);
  const [deviceId, ifMatch] = [columnOf(cells, 'deviceId'), columnOf(cells, 'ifMatch')];
  if (cells.length > maxColumns) {
    throw new InvalidInputError(`the header has ${cells.length} columns; there may be at most ${maxColumns}.`);
  }
  const columns: Columns = { count: cells.length, deviceId, ifMatch, tags: [], ignored: [] };
  if (deviceId < 0) throw new InvalidInputError(`the header lacks deviceId; it has ${cells.join(', ')}.`);
  const seen = new Set<string>();
  for (const [index, name] of cells.entries()) {
    if (seen.has(name)) throw new InvalidInputError(`the header has '${name}' twice.`);
    seen.add(name);
    if (index === deviceId || index === ifMatch) continue;
    if (isReadOnlyPath(name)) columns.ignored.push(name);
    else columns.tags.push({ index, name, ...tagOf(name, paths) });
  }
  if (columns.tags.length === 0) throw new InvalidInputError('no column of the header names a tag.');
  checkNames(columns.tags);
  columns.tags.sort((a, b) => a.names.length - b.names.length);
  return columns;
}

/**
 * The tags of a record; an empty cell says nothing about its tag.
 *
 * @throws InvalidInputError against the limits of tags.
 */
export function readTags(cells: readonly string[], columns: readonly TagColumn[]): TagsPatch {
  const tags: JsonObject = {};
  for (const { index, name, names, read } of columns) {
    const value = read(cells[index] ?? '');
    if (value !== undefined && !setTag(tags, names, value)) {
      throw new InvalidInputError(`column '${name}' lies inside a tag that is not an object.`);
    }
  }
  return parseTagsPatch(tags);
}

/**
 * The tags that columns and one cell of each say, for every device the same.
 *
 * @throws InvalidInputError
 */
export function tagsOfCells(cells: Readonly<Record<string, string>>, paths: ListedFields): TagsPatch {
  const { tags, ignored } = parseHeader(['deviceId', ...Object.keys(cells)], paths);
  if (ignored.length > 0)
    throw new InvalidInputError(`column '${ignored[0]}' is no tag: only the hub or the device writes it.`);
  return readTags(['', ...Object.values(cells)], tags);
}

function tagOf(header: string, paths: ListedFields): Pick<TagColumn, 'names' | 'read'> {
  const { name, read } = splitType(header);
  const names = tagPath(name, paths.location);
  const isPlace = isAt(names, paths.location) || isAt(names, paths.connectivity);
  return { names, read: read ?? (isPlace ? parsePlaceCell : parseCell) };
}

function tagPath(name: string, locationPath: PropertyPath): string[] {
  if (/^tags.*\["/.test(name)) return namesOf(parsePropertyPath(name)).slice(1);
  const path = name.includes('.') ? name : beside(name, locationPath);
  const [section, ...names] = path.split('.').map(withoutBrackets);
  if (section === 'tags' && names.length > 0 && !names.includes('')) return names;
  throw new InvalidInputError(`column '${name}' is neither the name of a tag nor a path tags.….`);
}

function beside(name: string, locationPath: PropertyPath): string {
  if (!locationPath.startsWith('tags.')) {
    throw new InvalidInputError(`column '${name}' needs its full path, tags.…: LOCATION_PATH is not among the tags.`);
  }
  return locationPath.replace(/[^.]+$/, () => name);
}

/** A reserved word stands in double brackets in a query's path, and so in the columns of an export. */
function withoutBrackets(name: string): string {
  return /^\[\[(.*)\]\]$/.exec(name)?.[1] ?? name;
}

/** With each tag at some value, so that names against the limits are told once and not in each line. */
function checkNames(columns: readonly TagColumn[]): void {
  for (const { names } of columns) {
    parseTagsPatch(names.reduceRight<JsonObject | true>((inner, name) => define({}, name, inner), true));
  }
}
