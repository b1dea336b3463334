import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a port of this machine that breaks when told to. */
export interface Proxy {
  address: string;
  /** Breaks every connection off; new ones pass. */
  drop(): void;
  stop(): void;
}

/** Starts a proxy in front of a port. */
export async function proxyTo(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(port);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // What ends or fails on one side ends the other.
      socket.on('error', () => socket.destroy());
    }
    inner.pipe(outer).pipe(inner);
  });
  await once(server.listen(0, 'localhost'), 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    drop,
    stop() {
      server.close();
      drop();
    },
  };
}
