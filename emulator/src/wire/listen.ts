import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens. */
export interface Listening {
  port: number;
  /** Closes the port and every connection, whatever state it is in. */
  stop(): Promise<void>;
}

/** Why a server cannot listen, where the user can help it. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is taken',
  EACCES: 'This user may not listen',
};

/** Whether {@link listen} failed because another has the port. */
export function isTaken(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code === 'EADDRINUSE';
}

/**
 * Waits until a server listens.
 *
 * @throws Error that names the port's option where the port is taken, or not for this user.
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
      const reason = reasons[error.code ?? ''];
      reject(reason === undefined ? error : new Error(`${reason}: ${what}; choose another one.`, { cause: error }));
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
