import rhea, { type Message } from 'rhea';
import { maxMessageBytes } from '../amqp/server';
import type { CloudMessage } from '../messages/cloudMessage';
import { HubError } from '../service/hubError';

/** The fields of a message as text, whatever their types on the wire. */
export interface MessageFields extends Omit<CloudMessage, 'ack'> {
  annotations: Record<string, unknown>;
}

/** Latest time that a date can be. */
const maxTime = 8.64e15;

/** Sees whether a message came whole: of one that is too long no more is kept. @throws HubError MessageTooLarge */
export function checkLength(bytes: Buffer): void {
  if (bytes.length > maxMessageBytes) throw new HubError('MessageTooLarge', 'The message is too long.');
}

/**
 * Reads a message.
 *
 * @throws Error where it is none.
 */
export function decode(bytes: Buffer): MessageFields {
  const message = rhea.message.decode(bytes) as unknown as Message;
  const expiry = Number(message.absolute_expiry_time ?? Number.NaN);
  return {
    messageId: textOf(message.message_id),
    correlationId: textOf(message.correlation_id),
    userId: Buffer.isBuffer(message.user_id) ? message.user_id.toString() : textOf(message.user_id),
    to: textOf(message.to),
    contentType: textOf(message.content_type),
    contentEncoding: textOf(message.content_encoding),
    expiresAt: expiry >= 0 ? Math.min(expiry, maxTime) : undefined,
    properties: Object.fromEntries(
      Object.entries(message.application_properties ?? {}).map(([name, value]) => [name, textOf(value) ?? '']),
    ),
    annotations: message.message_annotations ?? {},
    body: bytesOf(message.body),
  };
}

/** The same as a property bag of MQTT has it, which is what the hub takes of events. */
export function bagOf({ properties, ...fields }: Omit<MessageFields, 'body'>): Record<string, string> {
  const { messageId, correlationId, userId, to, contentType, contentEncoding } = fields;
  const system = Object.entries({
    '$.mid': messageId,
    '$.cid': correlationId,
    '$.uid': userId,
    '$.to': to,
    '$.ct': contentType,
    '$.ce': contentEncoding,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...properties, ...Object.fromEntries(system) };
}

/** Identifiers may be UUIDs, which come as their bytes. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Buffer.isBuffer(value)) return value.length === 16 ? rhea.uuid_to_string(value) : value.toString();
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Of data sections their bytes, of text its own, of other values their JSON. */
function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const { typecode, content } = body as { typecode?: number; content?: unknown };
  if (typecode === 0x75) {
    return Buffer.concat([content].flat().filter((each): each is Buffer => Buffer.isBuffer(each)));
  }
  return Buffer.from(JSON.stringify(typecode === undefined ? body : content) ?? '');
}
