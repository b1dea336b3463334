import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** What to load a server with. */
export interface Load {
  port: number;
  ca: string;
  connections: number;
  /** Whole requests as they go over the wire, in turn. */
  requests: string[];
}

/**
 * Sends one request after another over each of some keep-alive connections, for a time, and counts the answers. Next to
 * nothing of a client stands between: a real one would cost more than the servers measured here.
 *
 * @returns answers a second.
 * @throws Error at the first answer that is not 2xx.
 */
export async function answersPerSecond({ port, ca, connections, requests }: Load, durationMs: number): Promise<number> {
  const sockets = Array.from({ length: connections }, () => connect({ port, host: 'localhost', ca }));
  await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
  const end = performance.now() + durationMs;
  const start = performance.now();
  const counts = await Promise.all(sockets.map((socket, index) => exchange(socket, requests, index, end)));
  const seconds = (performance.now() - start) / 1000;
  for (const socket of sockets) socket.destroy();
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

function exchange(socket: TLSSocket, requests: string[], first: number, end: number): Promise<number> {
  let count = 0;
  let missing = 0;
  const send = () => socket.write(requests[(first + count * 31) % requests.length] ?? '');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      missing = missing > 0 ? missing - chunk.length : bodyMissing(chunk);
      if (Number.isNaN(missing)) return reject(new Error(`answered: ${chunk.toString('latin1').split('\r\n')[0]}`));
      if (missing > 0) return;
      count++;
      if (performance.now() >= end) return resolve(count);
      send();
    });
    send();
  });
}

/** Bytes of the body that are still to come; NaN for an answer that is not 2xx. Heads come in one piece here. */
function bodyMissing(chunk: Buffer): number {
  const head = chunk.subarray(0, chunk.indexOf('\r\n\r\n')).toString('latin1');
  if (!/^HTTP\/1\.1 2\d\d /.test(head)) return Number.NaN;
  const [, length = '0'] = /content-length: (\d+)/i.exec(head) ?? [];
  return head.length + 4 + Number(length) - chunk.length;
}
