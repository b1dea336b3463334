import type { IncomingMessage } from 'node:http';

/** Longest body that the host takes by default, in bytes. */
const defaultMaxBytes = 100 * 1024 * 1024;

/** Emitted by a request whose client waits to be asked for the body. */
export const bodyWanted = 'bodyWanted';

/** Reads a body whole. @throws Error where it is too long, before anything is read where its length is told. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const maxBytes = Number(process.env.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT) || defaultMaxBytes;
  const tooLarge = () => new Error(`The body is longer than ${maxBytes} bytes (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT).`);
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge();
  request.emit(bodyWanted);
  // Events, and not an iterator, which costs more than the rest of a small request.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= maxBytes) return;
      request.pause();
      reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    // A caller that hangs up in the middle ends with neither, on some versions of Node.
    request.on('close', () => request.complete || reject(new Error('The caller hung up.')));
  });
}
