import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { buildReal } from './dotnet';

/** A running verb of the program: JSON lines in and out. */
export interface RealProcess {
  send(line: unknown): void;
  /** The next line that it writes. @throws Error with what it said instead, where it has ended. */
  next<T>(): Promise<T>;
  /** Ends its input, and waits for its end; answers the lines that were left. @throws Error where it failed. */
  end<T>(): Promise<T[]>;
  kill(): void;
}

const running = new Set<RealProcess>();

/** Ends what a failed test left running. */
export function killReal(): void {
  for (const each of running) each.kill();
}

/** Runs a verb. */
export function startReal(args: readonly string[], env: NodeJS.ProcessEnv = {}): RealProcess {
  const child = spawn('dotnet', [buildReal(), ...args], { env: { ...process.env, ...env } });
  const said = text(child.stderr);
  const closed = once(child, 'close').finally(() => running.delete(real));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const real: RealProcess = {
    send: (line) => child.stdin.write(`${JSON.stringify(line)}\n`),
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${args[0]} has ended: ${await said}`);
      return JSON.parse(value);
    },
    async end() {
      child.stdin.end();
      const left = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) left.push(JSON.parse(line.value));
      const [code] = await closed;
      if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${await said}`);
      return left;
    },
    // A host takes other signals for a wish to stop, and waits for its input to end.
    kill: () => void child.kill('SIGKILL'),
  };
  running.add(real);
  return real;
}

/** Runs a verb with lines as its input; answers those that it writes. */
export async function runReal<T>(args: readonly string[], input: readonly unknown[] = [], env: NodeJS.ProcessEnv = {}) {
  const real = startReal(args, env);
  for (const line of input) real.send(line);
  return real.end<T>();
}
