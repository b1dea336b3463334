import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those that operating systems hand out by themselves: one that is free stays so until its owner listens. */
const ownRange = { first: 20_000, end: 32_000 };

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const candidate = randomInt(ownRange.first, ownRange.end);
    if (await isFree(candidate)) return candidate;
  }
}

/** Whether nobody listens on a port of this machine. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
