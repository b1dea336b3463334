import { isReadOnlyPath } from '../../conditions/propertyPath';
import { InvalidInputError } from '../../errors/invalidInputError';
import { isJsonObject, type Json } from '../../json';
import { NamedDevices, type TagRow, type TagRows } from '../../tagJobs/tagRow';
import { parseDeviceId } from '../../twins/deviceId';
import { parseTagsPatch } from '../../twins/tags';
import { LineFaults } from './lineFaults';
import { readCondition } from './readCondition';

/** What a line that was exported also has, none of it a tag. */
const passedOver: ReadonlySet<string> = new Set(['properties', 'location', 'connectivity']);

/**
 * Reads NDJSON: `{ "deviceId": …, "tags": { … }, "ifMatch"?: … }` a line. One without tags is that of a device of an export which has
 * none of the chosen ones; it changes nothing.
 *
 * @throws InvalidLinesError
 */
export function parseNdjson(text: string): TagRows {
  const rows: TagRow[] = [];
  const ignored = new Set<string>();
  const faults = new LineFaults();
  const named = new NamedDevices((line) => `line ${line}`);
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    faults.read(index + 1, () => {
      const { deviceId, tags, ifMatch, ...others } = parseLine(line);
      for (const name of Object.keys(others)) ignored.add(checkMember(name));
      if (typeof deviceId !== 'string') throw new InvalidInputError('it lacks deviceId, a string.');
      named.add(parseDeviceId(deviceId), index + 1);
      rows.push({ deviceId, tags: parseTagsPatch(tags ?? {}), ...readCondition(ifMatch) });
    });
    if (faults.areMany) break;
  }
  faults.throwAny();
  if (rows.length === 0) throw new InvalidInputError('The body names no device.');
  return { rows, ignoredColumns: [...ignored] };
}

function parseLine(line: string) {
  const value = parseJson(line);
  if (isJsonObject(value)) return value;
  throw new InvalidInputError('it is not a JSON object.');
}

function parseJson(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch {
    throw new InvalidInputError('it is not well-formed JSON; each object stands in one line.');
  }
}

function checkMember(name: string): string {
  if (passedOver.has(name) || isReadOnlyPath(name)) return name;
  throw new InvalidInputError(`it has a member '${name}'; a line has deviceId, tags and ifMatch.`);
}
