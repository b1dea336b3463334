import { InvalidInputError } from '../errors/invalidInputError';

declare const valid: unique symbol;

/** A property path as it stands in a query, for example `tags.location.plant` or `tags.[[group]]`. */
export type PropertyPath = string & { readonly [valid]: true };

const rootProperties: ReadonlySet<string> = new Set([
  'deviceId',
  'etag',
  'version',
  'status',
  'statusUpdateTime',
  'connectionState',
  'lastActivityTime',
  'cloudToDeviceMessageCount',
  'authenticationType',
  'capabilities.iotEdge',
]);

/** Words of the query language; a property of such a name stands in double brackets. */
const reservedWords: ReadonlySet<string> = new Set(
  'select top as from where group by and or not in nin true false null undefined count sum avg min max'.split(' '),
);

/**
 * Checks a property path: `tags.…`, `properties.desired.…`, `properties.reported.…`, or a root property of the twin
 * (Azure IoT Hub developer guide, "Query language"). Names are letters, digits and `_`: the guide documents no way
 * to write others.
 *
 * @throws InvalidInputError
 */
export function parsePropertyPath(text: string): PropertyPath {
  if (rootProperties.has(text)) return text as PropertyPath;
  const [section, names] = splitSection(text);
  if (section === undefined || !names.every((name) => /^[A-Za-z_]\w*$/.test(name))) {
    throw new InvalidInputError(
      `'${text}' is not a property path: write tags.…, properties.desired.… or properties.reported.… ` +
        `with names of letters, digits and _, or one of ${[...rootProperties].join(', ')}.`,
    );
  }
  return [section, ...names.map(bracketed)].join('.') as PropertyPath;
}

/** Whether a twin has this, and only the hub or the device may write it. Desired properties count too: they are no tags. */
export function isReadOnlyPath(text: string): boolean {
  return rootProperties.has(text) || /^(properties|capabilities)\./.test(text);
}

/** The path as it was given: without brackets. */
export function plainPath(path: PropertyPath): string {
  return path.replace(/\[\[|\]\]/g, '');
}

/** The names of a path, from the root of the twin down. */
export function namesOf(path: PropertyPath): string[] {
  return plainPath(path).split('.');
}

function splitSection(text: string): [section: string | undefined, names: string[]] {
  const section = ['tags', 'properties.desired', 'properties.reported'].find((each) => text.startsWith(`${each}.`));
  return [section, text.slice((section ?? '').length + 1).split('.')];
}

function bracketed(name: string): string {
  return reservedWords.has(name.toLowerCase()) ? `[[${name}]]` : name;
}
