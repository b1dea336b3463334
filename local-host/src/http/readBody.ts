import type { IncomingMessage } from 'node:http';

/** Longest body that the host takes by default, in bytes. */
const defaultMaxBytes = 100 * 1024 * 1024;

/** A request's body is longer than the host takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** Reads a body whole. @throws BodyTooLargeError */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const maxBytes = Number(process.env.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT) || defaultMaxBytes;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new BodyTooLargeError(`The body is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
