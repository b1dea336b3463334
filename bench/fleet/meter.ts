import { connect, createServer, type Socket } from 'node:net';

/** Stands before a server and counts what goes through. */
export interface Meter {
  port: number;
  /** Both ways, as it goes over the wire, TLS included. */
  bytes(): number;
  stop(): Promise<void>;
}

export async function startMeter(target: number): Promise<Meter> {
  let bytes = 0;
  const sockets = new Set<Socket>();
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
  };
  const server = createServer((near) => {
    const far = connect({ port: target, host: '127.0.0.1' });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .setNoDelay(true)
        .on('data', count)
        .on('error', () => to.destroy());
      from.once('close', () => sockets.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return {
    port: address.port,
    bytes: () => bytes,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
