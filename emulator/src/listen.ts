import type { Server } from 'node:net';

/**
 * Waits until a server listens.
 *
 * @throws Error that names the port's option where the port is taken.
 */
export function listen<S extends Server>(start: () => S, what: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const server = start();
    server.once('listening', () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`The port is taken: ${what}; choose another one.`) : error);
    });
  });
}
