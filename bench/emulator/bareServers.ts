import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server that does the least that can be done, in a process of its own. */
export interface BareServer {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/** @param file that prints `port N` once it listens. */
export async function startBare(file: 'bareServer.ts' | 'bareTls.ts', ...args: string[]): Promise<BareServer> {
  const all = ['--import', 'tsx', join(__dirname, file), ...args];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    pid: child.pid ?? 0,
    port: Number(String(line).split(' ')[1]),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
