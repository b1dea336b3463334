import { isReadOnlyPath, namesOf, type PropertyPath, plainPath } from '../../conditions/propertyPath';
import type { ListedFields } from '../../conditions/twinQuery';
import { InvalidInputError } from '../../errors/invalidInputError';
import { isJsonObject, type Json, type JsonObject } from '../../json';
import { NamedDevices, refuseEmpty, type TagRow, type TagRows } from '../../tagJobs/tagRow';
import { parseDeviceId } from '../../twins/deviceId';
import { parseTagsPatch, type TagsPatch } from '../../twins/tags';
import { LineFaults } from './lineFaults';
import { parseJson } from './parseCell';
import { readCondition } from './readCondition';
import { setTag, tagAt } from './tagPath';

/** The members of an exported line which stand for the configured paths. */
const places = ['location', 'connectivity'] as const;

/**
 * What else stands in a twin as `az iot hub query` prints it, and in a line of a hub's bulk export
 * (Azure IoT Hub, "Import and export device identities in bulk").
 */
const ofTwins: ReadonlySet<string> = new Set(
  [
    'deviceEtag x509Thumbprint capabilities parentScopes configurations',
    'eTag importMode authentication twinETag generationId connectionStateUpdatedTime',
  ].flatMap((names) => names.split(' ')),
);

/**
 * Reads NDJSON: `{ "deviceId": …, "tags": { … }, "ifMatch"?: … }` a line. What an export has besides is read as in its CSV:
 * `location` and `connectivity` are tags where their paths are, and null says nothing; properties are passed over.
 *
 * @throws InvalidLinesError
 */
export function parseNdjson(text: string, paths: ListedFields): TagRows {
  const rows: TagRow[] = [];
  const ignored = new Set<string>();
  const faults = new LineFaults();
  const named = new NamedDevices((line) => `line ${line}`);
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    faults.read(index + 1, () => {
      const { id, deviceId = id, tags, ifMatch, ...others } = parseLine(line);
      for (const name of Object.keys(others)) if (isPassedOver(name, paths)) ignored.add(name);
      if (typeof deviceId !== 'string') throw new InvalidInputError('it lacks deviceId, a string.');
      named.add(parseDeviceId(deviceId), index + 1);
      rows.push({ deviceId, tags: readTags(tags ?? {}, others, paths), ...readCondition(ifMatch) });
    });
    if (faults.areMany) break;
  }
  faults.throwAny();
  if (rows.length === 0) throw new InvalidInputError('The body names no device.');
  refuseEmpty(rows);
  return { rows, ignoredColumns: [...ignored] };
}

function parseLine(line: string) {
  const value = parseJson(line);
  if (value === undefined) throw new InvalidInputError('it is not well-formed JSON; each object stands in one line.');
  if (isJsonObject(value)) return value;
  throw new InvalidInputError('it is not a JSON object.');
}

/** @throws InvalidInputError for a member that an export has not. */
function isPassedOver(name: string, paths: ListedFields): boolean {
  const place = places.find((each) => each === name);
  if (place) return !isTag(paths[place]);
  if (name === 'properties' || ofTwins.has(name) || isReadOnlyPath(name)) return true;
  throw new InvalidInputError(`it has a member '${name}'; a line has deviceId, tags and ifMatch.`);
}

/** The tags of a line, with those that stand beside them under a name of their own. */
function readTags(given: Json, others: JsonObject, paths: ListedFields): TagsPatch {
  const tags = parseTagsPatch(given);
  for (const place of places) {
    const [path, told] = [paths[place], others[place] ?? null];
    if (told === null || !isTag(path)) continue;
    const value = typeof told === 'object' ? told : String(told);
    const [, ...names] = namesOf(path);
    const within = tagAt(tags, names);
    if (within !== undefined && JSON.stringify(within) !== JSON.stringify(told)) {
      throw new InvalidInputError(`${place} and ${plainPath(path)} say different things; leave one of them out.`);
    }
    if (within === undefined && !setTag(tags, names, value)) {
      throw new InvalidInputError(`${place} lies inside a tag that is not an object.`);
    }
  }
  return parseTagsPatch(tags);
}

function isTag(path: PropertyPath): boolean {
  return path.startsWith('tags.');
}
