import type { Writable } from 'node:stream';

/** Has what is written to a stream in this turn of the event loop sent at once: a send costs more than most of what is sent. */
export function writeAtOnce(stream: Writable): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
