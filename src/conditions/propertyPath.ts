import { InvalidInputError } from '../errors/invalidInputError';

declare const valid: unique symbol;

/** A property path as it stands in a query, for example `tags.location.plant` or `tags.[[fw-version]]`. */
export type PropertyPath = string & { readonly [valid]: true };

/** Root properties of a twin, each with what may be written for it: an identity spells one of them otherwise. */
const rootProperties: Readonly<Record<string, string>> = {
  deviceId: 'deviceId',
  etag: 'etag',
  version: 'version',
  status: 'status',
  statusReason: 'statusReason',
  statusUpdateTime: 'statusUpdateTime',
  statusUpdatedTime: 'statusUpdateTime',
  connectionState: 'connectionState',
  lastActivityTime: 'lastActivityTime',
  cloudToDeviceMessageCount: 'cloudToDeviceMessageCount',
  authenticationType: 'authenticationType',
  'capabilities.iotEdge': 'capabilities.iotEdge',
  modelId: 'modelId',
  deviceScope: 'deviceScope',
};

const sections = ['tags', 'properties.desired', 'properties.reported'] as const;

/** Words of the query language; a property of such a name stands in double brackets. */
const reservedWords: ReadonlySet<string> = new Set(
  'select top as from where group by and or not in nin true false null undefined count sum avg min max'.split(' '),
);

/** A step of a path: `.name`, or `["name"]` for a name with signs that mean something in a path or a list of paths. */
const stepPattern = /\.([^.["',\s]+)|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * Reads a property path: `tags.…`, `properties.desired.…`, `properties.reported.…`, of the last two also `$version` and
 * `$metadata.….$lastUpdated`, or a root property of the twin (Azure IoT Hub developer guide, "Query language"). A name has
 * any letters that a twin takes; one with quotes, commas or square brackets is written `tags["a,b"]`.
 *
 * @throws InvalidInputError
 */
export function parsePropertyPath(text: string): PropertyPath {
  const root = Object.hasOwn(rootProperties, text) ? rootProperties[text] : undefined;
  if (root !== undefined) return root as PropertyPath;
  const section = sections.find((each) => text.startsWith(`${each}.`) || text.startsWith(`${each}[`));
  const names = section && stepsOf(text.slice(section.length));
  if (!section || !names) throw notAPath(text);
  const own = section === 'tags' ? names : withoutSystemNames(names);
  for (const name of own) checkName(name, text);
  return [section, ...names.map((name) => (own.includes(name) ? bracketed(name) : name))].join('.') as PropertyPath;
}

/** Whether a twin has this, and only the hub or the device may write it. Desired properties count too: they are no tags. */
export function isReadOnlyPath(text: string): boolean {
  return Object.hasOwn(rootProperties, text) || /^(properties|capabilities)[.[]/.test(text);
}

/** Whether a path holds a moment, as ISO 8601 text. */
export function isTimePath(path: PropertyPath): boolean {
  return path === 'lastActivityTime' || path === 'statusUpdateTime' || path.endsWith('.$lastUpdated');
}

/** The path as it may be given again: without the brackets of queries. */
export function plainPath(path: PropertyPath): string {
  return namesOf(path)
    .map((name, index) => (/["',:[\]]/.test(name) ? `[${JSON.stringify(name)}]` : `${index > 0 ? '.' : ''}${name}`))
    .join('');
}

/** The names of a path, from the root of the twin down; none holds a dot. */
export function namesOf(path: PropertyPath): string[] {
  return path.split('.').map((name) => /^\[\[(.*)\]\]$/.exec(name)?.[1] ?? name);
}

function stepsOf(text: string): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < text.length; at = stepPattern.lastIndex) {
    stepPattern.lastIndex = at;
    const [, plain, quoted] = stepPattern.exec(text) ?? [];
    const name = plain ?? (quoted === undefined ? undefined : unquoted(quoted));
    if (name === undefined) return undefined;
    names.push(name);
  }
  return names.length > 0 ? names : undefined;
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** What the hub keeps of properties has names of its own, which alone begin with `$`. */
function withoutSystemNames(names: string[]): string[] {
  if (names.length === 1 && names[0] === '$version') return [];
  const isMetadata = names[0] === '$metadata' && /^\$lastUpdated(Version)?$/.test(names.at(-1) ?? '');
  return isMetadata ? names.slice(1, -1) : names;
}

/** Names as twins take them (Azure IoT Hub developer guide, "Device twins"), of which a query can tell the end. */
function checkName(name: string, path: string): void {
  if (name !== '' && !/[\p{Cc}\p{Cs}.$# \]]/u.test(name)) return;
  const why = name.includes(']')
    ? 'a query cannot name what has a closing bracket in its name'
    : "names are not empty, and have no control character, '.', '$', '#' or space";
  throw new InvalidInputError(`${path} is not a property path: ${why}.`);
}

function notAPath(text: string): InvalidInputError {
  const roots = Object.keys(rootProperties).filter((name) => rootProperties[name] === name);
  return new InvalidInputError(
    `'${text}' is not a property path: write tags.…, properties.desired.… or properties.reported.…, ` +
      `a name with quotes, commas or brackets as tags["a,b"], or one of ${roots.join(', ')}.`,
  );
}

function bracketed(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !reservedWords.has(name.toLowerCase()) ? name : `[[${name}]]`;
}
