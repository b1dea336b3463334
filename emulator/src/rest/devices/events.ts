import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import { HubError } from '../../service/hubError';
import { propertyPrefix } from './messageHeaders';

/** An event as the hub takes it, its system properties under their names in a property bag. */
export interface DeviceEvent {
  properties: Record<string, string>;
  body: Buffer;
}

/** Longest event, and longest batch, in bytes. */
const maxEventBytes = 256 * 1024;

const batchType = 'application/vnd.microsoft.iothub.json';

const batchSchema = z.array(
  z.looseObject({
    body: z.string(),
    base64Encoded: z.optional(z.boolean()),
    properties: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  }),
);

const systemNames: Readonly<Record<string, string>> = {
  'iothub-messageid': '$.mid',
  'iothub-correlationid': '$.cid',
  'iothub-userid': '$.uid',
  'iothub-to': '$.to',
  'iothub-expiry': '$.exp',
  'iothub-contenttype': '$.ct',
  'iothub-contentencoding': '$.ce',
};

/**
 * Reads what a device sent: one event, its properties in headers, or a batch of them in JSON.
 *
 * @throws HubError MessageTooLarge, GenericBadRequest
 */
export function readEvents({ headers, rawHeaders }: IncomingMessage, bytes: Buffer): DeviceEvent[] {
  const isBatch = headers['content-type']?.toLowerCase().startsWith(batchType) === true;
  const events = isBatch ? readBatch(bytes) : [{ properties: readProperties(pairsOf(rawHeaders)), body: bytes }];
  const total = events.reduce((sum, { body }) => sum + body.length, 0);
  if (total > maxEventBytes) throw new HubError('MessageTooLarge', `Events have ${maxEventBytes} bytes at most.`);
  return events;
}

function readBatch(bytes: Buffer): DeviceEvent[] {
  const { success, data } = batchSchema.safeParse(parseJson(bytes));
  if (!success) throw new HubError('GenericBadRequest', 'A batch is a JSON array of { body, properties }.');
  return data.map(({ body, base64Encoded = true, properties = {} }) => ({
    properties: readProperties(Object.entries(properties).map(([name, value]) => [name, String(value ?? '')])),
    body: Buffer.from(body, base64Encoded ? 'base64' : 'utf8'),
  }));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function readProperties(pairs: readonly [name: string, value: string][]): Record<string, string> {
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      if (lower.startsWith(propertyPrefix)) return [[name.slice(propertyPrefix.length), value]];
      const system = systemNames[lower];
      return system === undefined ? [] : [[system, value]];
    }),
  );
}

/** Names of headers as they were written: an application's own differ by case. */
function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []));
}
