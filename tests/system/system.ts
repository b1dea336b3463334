import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';

/** What has `npm start` listen where nobody else does. */
export const freePorts = [
  'port',
  'hub-port',
  'mqtt-port',
  'amqp-port',
  'amqps-port',
  'queue-port',
  'table-port',
].flatMap((option) => [`--${option}`, '0']);

/** The lines of a child process so far, and those to come. */
export class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#add(line));
    }
  }

  /**
   * The first line that matches, from a position on; it may have come already.
   *
   * @throws Error that shows what came instead, where it does not come in 20 s.
   */
  async match(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, 20_000);
    try {
      for (;;) {
        const found = this.all.slice(from).find((line) => pattern.test(line));
        if (found !== undefined) return found.match(pattern) as RegExpMatchArray;
        if (isLate) throw new Error(`No line matches ${pattern}:\n${this.all.slice(-25).join('\n')}`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #add(line: string): void {
    this.all.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** A running `npm start`, on free ports and a state folder of its own. */
export interface System {
  url: string;
  stateDir: string;
  lines: Lines;
  child: ChildProcess;
  /** Runs the timer function now; answers the two lines of its queries. */
  runTimer(): Promise<string[]>;
  /** Runs `npm run device -- --once …`; answers what it printed. */
  device(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const bundles = new Map<string, string>();

/** A script of the repository, bundled: many starts take a fraction of the time. */
export function bundled(script: string): string {
  const name = `${basename(script, '.ts')}-${process.env.JEST_WORKER_ID}.js`;
  const outfile = bundles.get(script) ?? join('node_modules/.cache/device-twins', name);
  if (!bundles.has(script)) {
    buildSync({ entryPoints: [script], outfile, bundle: true, packages: 'external', platform: 'node' });
    bundles.set(script, outfile);
  }
  return outfile;
}

/** Runs a script of the repository to its end. */
export async function runScript(script: string, args: string[], env = process.env) {
  const child = spawn(process.execPath, [bundled(script), ...args], { env });
  const lines = new Lines(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: lines.all.join('\n') };
}

/** Runs the timer function of a host now; answers the two lines of its queries. */
export async function runTimer(url: string, lines: Lines): Promise<string[]> {
  const from = lines.all.length;
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/admin/functions/runTwinQueries`, { method: 'POST', headers, body: '{}' });
  await lines.match(/Executed 'Functions.runTwinQueries'/, from);
  return lines.all.slice(from).filter((line) => line.includes('devices in '));
}

const started = new Set<System>();

/** Stops what {@link startSystem} started and no test has stopped: a failed test must leave nothing running. */
export async function stopSystems(): Promise<void> {
  for (const system of started) await system.stop();
}

/** Starts the built system as `npm start` does after its build. */
export async function startSystem(...args: string[]): Promise<System> {
  const stateDir = await mkdtemp(join(tmpdir(), 'system-'));
  const start = [bundled('scripts/start.ts'), ...freePorts, '--state-dir', stateDir, '--verbose', ...args];
  const child = spawn(process.execPath, start);
  const lines = new Lines(child);
  const [, url = ''] = await lines.match(/^App +(http:\S+)/);
  const system: System = {
    url,
    stateDir,
    lines,
    child,
    runTimer: () => runTimer(url, lines),
    device: async (...deviceArgs) =>
      (await runScript('scripts/device.ts', ['--once', '--state-dir', stateDir, ...deviceArgs])).output,
    async stop() {
      started.delete(system);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      await rm(stateDir, { recursive: true });
    },
  };
  started.add(system);
  return system;
}
