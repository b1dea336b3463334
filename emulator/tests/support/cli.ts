import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const built = join(__dirname, '../../dist/cli.js');

/** A process of the command line tool. */
export interface Cli {
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves once it printed `ready`; rejects with its error output where it ends before. */
  ready(): Promise<void>;
  /** Its exit code; null where a signal ended it. */
  ended: Promise<number | null>;
  /** The port of an endpoint, by the start of its line. */
  port(endpoint: 'Service API' | 'Devices' | 'AMQP' | 'Event Hubs'): number;
}

/** Starts the command line tool on free ports, unless the arguments say others. */
export function startCli(args: string[], env: NodeJS.ProcessEnv = process.env, { cli = built } = {}): Cli {
  const ports = ['--port', '0', '--mqtt-port', '0', '--amqp-port', '0', '--amqps-port', '0'];
  const child = spawn(process.execPath, [cli, ...ports, ...args], { env });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return () => text;
  }) as [() => string, () => string];
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    stdout,
    stderr,
    ended,
    async ready() {
      const over = ended.then(() => true);
      while (!/^ready$/m.test(stdout())) {
        const early = await Promise.race([over, once(child.stdout, 'data').then(() => false)]);
        if (early) throw new Error(stderr());
      }
    },
    port(endpoint) {
      const [, port] = new RegExp(`^${endpoint} .*:(\\d+)$`, 'm').exec(stdout()) ?? [];
      return Number(port);
    },
  };
}
