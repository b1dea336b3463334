import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Milliseconds from starting a process to its end. */
export async function timeToExit(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return performance.now() - start;
}

/** Milliseconds from starting a process to the line that says it is ready; then it is stopped and waited for. */
export async function timeToLine(args: string[], pattern: RegExp, env: NodeJS.ProcessEnv = process.env) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let taken: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (taken !== undefined || !pattern.test(line)) continue;
    taken = performance.now() - start;
    child.kill('SIGTERM');
  }
  await exit;
  if (taken === undefined) throw new Error(`${args.join(' ')} ended without the line ${pattern}`);
  return taken;
}

/** The median of `runs` measurements of each contender, taken in turn so that a drift of the machine hits all alike. */
export async function medians<Name extends string>(
  runs: number,
  contenders: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let run = 0; run <= runs; run++) {
    for (const name of names) {
      const time = await contenders[name]();
      if (run > 0) taken[name].push(time); // the first round only warms the caches
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(taken[name])])) as Record<Name, number>;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
