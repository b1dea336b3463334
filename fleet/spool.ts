import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Format } from './format';

/**
 * Works with what comes on a stream as with a file: it is read more than once. The file is this user's alone, and gone
 * afterwards.
 */
export async function spooled<T>(
  { stdin, signal }: { stdin: NodeJS.ReadableStream; signal: AbortSignal },
  format: Format,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  try {
    const file = join(folder, `input.${format}`);
    await pipeline(stdin, createWriteStream(file, { mode: 0o600 }), { signal });
    return await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
