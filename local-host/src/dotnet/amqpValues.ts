import { writeUtc } from './dates';
import { writeDouble } from './doubles';
import { writeString } from './newtonsoft';

/**
 * A value of an AMQP property as Newtonsoft.Json writes the one that the .NET client makes of it. The client here has uuids
 * and large ulongs as their bytes, like binary: their length tells them apart.
 */
export function writeAmqpValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return writeString(writeUtc(value));
  if (value instanceof Uint8Array) return writeBytes(Buffer.from(value));
  if (typeof value === 'number') return /^-?\d+$/.test(String(value)) ? String(value) : writeDouble(value);
  if (typeof value === 'string') return writeString(value);
  if (Array.isArray(value)) return `[${value.map(writeAmqpValue).join(',')}]`;
  return typeof value === 'object' ? writeAmqpMap(value) : String(value);
}

export function writeAmqpMap(map: object): string {
  return `{${Object.entries(map)
    .map(([name, value]) => `${writeString(name)}:${writeAmqpValue(value)}`)
    .join(',')}}`;
}

function writeBytes(bytes: Buffer): string {
  if (bytes.length === 16) return `"${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}"`;
  return bytes.length === 8 ? String(bytes.readBigUInt64BE()) : `"${bytes.toString('base64')}"`;
}
