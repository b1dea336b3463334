import type { IncomingMessage } from 'node:http';

/** A request's body is longer than its reader takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Reads a body whole. Of one that is too long the rest is read too, and dropped: a caller that is still sending would
 * not see the answer.
 *
 * @throws BodyTooLargeError
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
  }
  if (length > maxBytes) throw new BodyTooLargeError(`The body is longer than ${maxBytes} bytes.`);
  return Buffer.concat(chunks);
}
