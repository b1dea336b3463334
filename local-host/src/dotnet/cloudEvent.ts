import { readDateTimeOffset, writeDateTimeOffset, writeMoment } from './dateTimeOffset';
import type { Json } from './newtonsoft';
import { encodeMembers, stringMember } from './systemTextJson';

const required = ['id', 'source', 'type'] as const;
const optional = ['dataschema', 'datacontenttype', 'subject'] as const;
const known: ReadonlySet<string> = new Set([...required, ...optional, 'specversion', 'time', 'data', 'data_base64']);

/** An attribute of one's own may be a string, a boolean or an Int32. */
const scalar = /^(?:"|true$|false$)/;
const integer = /^-?\d+$/;

/**
 * Writes an event again as `CloudEvent` of Azure.Core does, which reads it first (`CloudEventConverter`): `time` in its own
 * spelling, now where there is none; the members in its order; `data` as it is.
 *
 * @throws Error where it is no CloudEvent 1.0.
 */
export function writeCloudEvent(event: ReadonlyMap<string, Json>): string {
  const time = stringMember(event, 'time');
  const attributes = required.map((name) => {
    const value = stringMember(event, name);
    if (value === undefined) throw new Error(`A CloudEvent needs '${name}'.`);
    return [name, JSON.stringify(value)] as const;
  });
  const version = stringMember(event, 'specversion');
  if (version !== '1.0') throw new Error(`A CloudEvent of specversion '${version}': only '1.0' is taken.`);
  const first = encodeMembers([...attributes, ...dataOf(event)]);
  // Written apart, since the sign of its zone is not escaped.
  const written = time === undefined ? writeMoment(new Date()) : writeDateTimeOffset(readDateTimeOffset(time));
  const rest = encodeMembers([['specversion', '"1.0"'], ...optionalOf(event), ...extensionsOf(event)]);
  return `${first.slice(0, -1)},"time":"${written}",${rest.slice(1)}`;
}

function dataOf(event: ReadonlyMap<string, Json>): [string, Json][] {
  // Of both, the one that comes last.
  return [...event].filter(([name]) => name === 'data' || name === 'data_base64').slice(-1);
}

function optionalOf(event: ReadonlyMap<string, Json>): [string, Json][] {
  return optional.flatMap((name) => {
    const value = stringMember(event, name);
    return value === undefined ? [] : [[name, JSON.stringify(value)]];
  });
}

function extensionsOf(event: ReadonlyMap<string, Json>): [string, Json][] {
  const extensions = [...event].filter(([name]) => !known.has(name));
  for (const [name, value] of extensions) {
    if (!/^[a-z0-9]+$/.test(name)) {
      throw new Error(`A CloudEvent has the attribute '${name}': a name is of small letters and digits.`);
    }
    if (typeof value !== 'string' || !(scalar.test(value) || isInt32(value))) {
      throw new Error(`A CloudEvent has the attribute '${name}', which is no string, boolean or Int32.`);
    }
  }
  return extensions;
}

function isInt32(text: string): boolean {
  return integer.test(text) && Number(text) === (Number(text) | 0);
}
