import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { signToken } from '../rawHub';
import type { EmulatorProcess } from './process';

/** What to load a server with. */
export interface Load {
  port: number;
  ca: string;
  connections: number;
  requests: Request[];
}

export interface Request {
  method: 'GET' | 'PATCH';
  path: string;
  authorization: string;
  body: string;
}

/** A read or an update of a twin. */
export function twinRequest(method: Request['method'], id: string, authorization: string, body: string): Request {
  return { method, path: `/twins/${id}?api-version=2021-04-12`, authorization, body };
}

/** The id of a simulated twin, of so many. */
export function simulatedId(index: number, twins: number): string {
  return `sim-${String((index % twins) + 1).padStart(6, '0')}`;
}

/** Updates of simulated twins, in turn: no two of a twin that follow one another are the same. */
export function updatesOf({ env }: Pick<EmulatorProcess, 'env'>, twins: number): Request[] {
  const token = signToken(env.IOTHUB_CONNECTION_STRING ?? '');
  return Array.from({ length: 20_000 }, (_, n) =>
    twinRequest('PATCH', simulatedId(n, twins), token, JSON.stringify({ tags: { level: n } })),
  );
}

/** Keep-alive connections to a server, over which one request after another goes. */
export interface Connections {
  /** Sends requests for a time; how many were answered. */
  load(durationMs: number): Promise<number>;
  end(): void;
}

export interface RawConnections extends Connections {
  /** Sends so many requests, and waits for the answers. */
  send(count: number): Promise<void>;
}

/**
 * Next to nothing of a client stands between: a real one would cost more than the servers measured here.
 *
 * Its loads fail at the first answer that is not 2xx.
 */
export async function rawConnections({ port, ca, connections, requests }: Load): Promise<RawConnections> {
  const wires = requests.map(onTheWire);
  const sockets = Array.from({ length: connections }, () => connect({ port, host: 'localhost', ca }));
  await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
  let next = 0;
  const exchanges = sockets.map((socket) => new Exchange(socket, () => inTurnOf(wires, next++)));
  const run = (isOver: () => boolean) => inParallel(exchanges, (exchange) => exchange.run(isOver));
  return {
    load(durationMs) {
      const end = performance.now() + durationMs;
      return run(() => performance.now() >= end);
    },
    async send(count) {
      const end = next + count;
      await run(() => next >= end);
    },
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Node's own client. */
export function nodeConnections({ port, ca, connections, requests }: Load): Connections {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
  const ask = ({ method, path, authorization, body }: Request) =>
    new Promise<void>((resolve, reject) => {
      const type = body ? { 'content-type': 'application/json' } : {};
      const asked = request({ port, agent, method, path, headers: { authorization, ...type } }, (reply) => {
        const isGood = reply.statusCode !== undefined && reply.statusCode < 300;
        reply.resume().on('end', () => (isGood ? resolve() : reject(new Error(`answered: ${reply.statusCode}`))));
      });
      asked.on('error', reject).end(body || undefined);
    });
  let next = 0;
  return {
    load: (durationMs) =>
      inParallel(Array.from({ length: connections }), async () => {
        const end = performance.now() + durationMs;
        let count = 0;
        for (; performance.now() < end; count++) await ask(inTurnOf(requests, next++));
        return count;
      }),
    end: () => agent.destroy(),
  };
}

async function inParallel<Each>(all: readonly Each[], run: (each: Each) => Promise<number>): Promise<number> {
  const counts = await Promise.all(all.map(run));
  return counts.reduce((sum, count) => sum + count, 0);
}

function inTurnOf<Each>(all: readonly Each[], index: number): Each {
  const each = all[index % all.length];
  if (each === undefined) throw new Error('There is nothing to send.');
  return each;
}

function onTheWire({ method, path, authorization, body }: Request): string {
  const length = body && `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\n${length}\r\n${body}`;
}

/** One connection, with a request under way at a time. */
class Exchange {
  #count = 0;
  #missing = 0;
  #isOver = () => true;
  #settle: { resolve(count: number): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly socket: TLSSocket,
    private readonly next: () => string,
  ) {
    socket.on('error', (error) => this.#settle?.reject(error)).on('data', (chunk) => this.#take(chunk));
  }

  run(isOver: () => boolean): Promise<number> {
    this.#count = 0;
    this.#isOver = isOver;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.socket.write(this.next());
    });
  }

  #take(chunk: Buffer) {
    this.#missing = this.#missing > 0 ? this.#missing - chunk.length : bodyMissing(chunk);
    if (Number.isNaN(this.#missing)) {
      return this.#settle?.reject(new Error(`answered: ${chunk.toString('latin1').split('\r\n')[0]}`));
    }
    if (this.#missing > 0) return;
    this.#count++;
    if (this.#isOver()) this.#settle?.resolve(this.#count);
    else this.socket.write(this.next());
  }
}

/** Bytes of the body that are still to come; NaN for an answer that is not 2xx. Heads come in one piece here. */
function bodyMissing(chunk: Buffer): number {
  const head = chunk.subarray(0, chunk.indexOf('\r\n\r\n')).toString('latin1');
  if (!/^HTTP\/1\.1 2\d\d /.test(head)) return Number.NaN;
  const [, length = '0'] = /content-length: (\d+)/i.exec(head) ?? [];
  return head.length + 4 + Number(length) - chunk.length;
}
