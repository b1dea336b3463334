import type { IncomingMessage } from 'node:http';

/** A request's body is longer than its reader takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

const noBytes = Promise.resolve(Buffer.alloc(0));

/**
 * Reads a body whole. Of one that is too long the rest is read too, and dropped: a caller that is still sending would
 * not see the answer.
 *
 * @throws BodyTooLargeError
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  // One that announces no body has none (RFC 9112, 6.3).
  if (!('content-length' in request.headers || 'transfer-encoding' in request.headers)) return noBytes;
  // Events, and not an iterator, which costs more than a whole read of a twin.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      if (length <= maxBytes) resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
      else reject(new BodyTooLargeError(`The body is longer than ${maxBytes} bytes.`));
    });
    request.on('error', reject);
    // A caller that hangs up in the middle ends with neither, on some versions of Node.
    request.on('close', () => request.complete || reject(new Error('The caller hung up.')));
  });
}
