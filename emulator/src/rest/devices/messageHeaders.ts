import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { LockedMessage } from '../../messages/deviceQueue';
import { timeOf } from '../../service/time';

/** In front of the names of application properties. */
export const propertyPrefix = 'iothub-app-';

/** Answers with a message: its properties are headers, its lock token is the ETag. */
export function writeMessage(response: ServerResponse, { message, lockToken }: LockedMessage): void {
  const { body, properties } = message;
  const own = Object.entries(properties).map(([name, value]) => [propertyPrefix + name, value] as const);
  const headers = Object.entries({
    'iothub-messageid': message.messageId,
    'iothub-correlationid': message.correlationId,
    'iothub-userid': message.userId,
    'iothub-to': message.to,
    'iothub-contenttype': message.contentType,
    'iothub-contentencoding': message.contentEncoding,
    'iothub-expiry': message.expiresAt === undefined ? undefined : timeOf(message.expiresAt),
    'iothub-enqueuedtime': timeOf(message.enqueuedAt),
    'iothub-sequencenumber': String(message.sequenceNumber),
    'iothub-deliverycount': String(message.deliveryCount),
    'iothub-ack': message.ack,
  });
  for (const [name, value] of [...headers, ...own]) {
    // What no header can be called is left out: HTTP has no room for it.
    if (value !== undefined && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) response.setHeader(name, headerValue(value));
  }
  response.writeHead(200, {
    'x-ms-request-id': randomUUID(),
    etag: `"${lockToken}"`,
    'content-type': 'application/octet-stream',
    'content-length': body.length,
  });
  response.end(body);
}

/** Text as bytes of UTF-8, without control characters (RFC 9110, 5.5). */
function headerValue(text: string): string {
  return Buffer.from(text.replace(/\p{Cc}/gu, ' ')).toString('latin1');
}
