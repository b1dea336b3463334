import { execFileSync, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Template } from './arm/deploy';

const candidates = ['node_modules/.cache/bicep/bicep', 'bicep', join(homedir(), '.azure', 'bin', 'bicep')];

/** The Bicep compiler: what `scripts/installBicep.sh` installed, one on the PATH, or that of `az bicep install`. */
export const bicep = candidates.find((command) => spawnSync(command, ['--version']).status === 0);

/** What the compiler prints for a command. Warnings and errors come with what it prints. */
export function runBicep(...args: string[]): { status: number | null; diagnostics: string; output: string } {
  if (!bicep) throw new Error('There is no Bicep compiler here: run scripts/installBicep.sh.');
  const { status, stderr, stdout } = spawnSync(bicep, args, { encoding: 'utf8', maxBuffer: 1e8 });
  return { status, diagnostics: stderr, output: stdout };
}

export function compile(file: string): Template {
  if (!bicep) throw new Error('There is no Bicep compiler here: run scripts/installBicep.sh.');
  return JSON.parse(execFileSync(bicep, ['build', file, '--stdout'], { encoding: 'utf8', maxBuffer: 1e8 }));
}
