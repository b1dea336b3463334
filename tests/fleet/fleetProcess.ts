import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What a command left. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command of the command line as a process. */
export interface FleetProcess {
  child: ChildProcess;
  ended: Promise<Outcome>;
}

/** How the command line is started: as the npm script does. */
let start = ['--import', 'tsx', 'fleet/cli.ts'];

/** Has all that follows start from a bundle of the same source: many starts take a fraction of the time. */
export async function bundleFleet(folder: string): Promise<void> {
  const outfile = join(folder, 'fleet.js');
  await build({ entryPoints: ['fleet/cli.ts'], outfile, bundle: true, platform: 'node', target: 'node20' });
  start = [outfile];
}

/** Starts a command, against an app. */
export function startFleet(url: string, ...args: string[]): FleetProcess {
  const child = spawn(process.execPath, [...start, ...args], {
    env: { ...process.env, FLEET_URL: url, FLEET_FUNCTION_KEY: 'secret-key' },
  });
  return { child, ended: outcomeOf(child) };
}

/** Runs a command that reads this from its standard input. */
export function fleetReading(input: string, url: string, ...args: string[]): Promise<Outcome> {
  const { child, ended } = startFleet(url, ...args);
  child.stdin?.end(input);
  return ended;
}

/** Runs a command to its end. */
export function fleet(url: string, ...args: string[]): Promise<Outcome> {
  return startFleet(url, ...args).ended;
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr] = ['', ''].map((_, index) => {
    const pieces: Buffer[] = [];
    (index === 0 ? child.stdout : child.stderr)?.on('data', (piece: Buffer) => pieces.push(piece));
    return pieces;
  });
  await once(child, 'close');
  const text = (pieces: Buffer[] = []) => Buffer.concat(pieces).toString();
  return { code: child.exitCode, stdout: text(stdout), stderr: text(stderr) };
}
