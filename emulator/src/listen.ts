import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens. */
export interface Listening {
  port: number;
  /** Closes the port and every connection, whatever state it is in. */
  stop(): Promise<void>;
}

/**
 * Waits until a server listens.
 *
 * @throws Error that names the port's option where the port is taken.
 */
export async function listen(start: () => Server, what: string): Promise<Listening> {
  const server = start();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`The port is taken: ${what}; choose another one.`) : error);
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
