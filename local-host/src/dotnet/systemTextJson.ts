import type { Json } from './newtonsoft';

/** What the default `JavaScriptEncoder` escapes: all but the letters of ASCII, and those that mean something in HTML. */
const escapedCharacters = /[^ -~]|["&'+<>\\`]/g;
const short: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
};

/** A string as System.Text.Json writes it by default. */
export function encodeString(text: string): string {
  const escaped = text.replace(escapedCharacters, (found) => {
    return short[found] ?? `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** Writes JSON that was read, as System.Text.Json does: all but strings and names as they came. */
export function encodeJson(json: Json): string {
  if (Array.isArray(json)) return `[${json.map(encodeJson).join(',')}]`;
  if (typeof json !== 'string') return encodeMembers(json);
  return json.startsWith('"') ? encodeString(textOf(json)) : json;
}

export function encodeMembers(members: Iterable<readonly [name: string, value: Json]>): string {
  return `{${[...members].map(([name, value]) => `${encodeString(name)}:${encodeJson(value)}`).join(',')}}`;
}

/** The text of a JSON string. */
export function textOf(json: string): string {
  return String(JSON.parse(json));
}

/** The string that a member holds; undefined where it is null or missing. @throws Error where it is something else. */
export function stringMember(members: ReadonlyMap<string, Json>, name: string): string | undefined {
  const value = members.get(name);
  if (value === undefined || value === 'null') return undefined;
  if (typeof value !== 'string' || !value.startsWith('"')) throw new Error(`'${name}' of the event must be a string.`);
  return textOf(value);
}
