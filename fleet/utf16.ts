import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { TextDecoderStream } from 'node:stream/web';

/** The content of a file in UTF-16 with its mark, which spreadsheets call Unicode, as UTF-8; undefined for any other. */
export async function fromUtf16(file: string): Promise<Readable | undefined> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[buffer.toString('hex')];
  if (encoding === undefined) return undefined;
  return Readable.fromWeb(Readable.toWeb(createReadStream(file)).pipeThrough(new TextDecoderStream(encoding)));
}
