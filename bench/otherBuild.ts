import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Below `node_modules`: there Node finds the packages, and nothing else takes notice. */
const builds = 'node_modules/.cache/device-twins/against';

/**
 * Builds the emulator, the local host and the app as a commit has them, in a folder of its own, with the packages that are
 * installed now.
 *
 * @returns the folder.
 * @throws Error where the commit is unknown, or its build fails.
 */
export function buildOf(commit: string): string {
  const id = run('git', ['rev-parse', '--verify', `${commit}^{commit}`]).trim();
  const folder = join(builds, id);
  const built = join(folder, 'built');
  if (existsSync(built)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run('git', ['archive', `--output=${join(folder, 'tree.tar')}`, id]);
  run('tar', ['-xf', 'tree.tar'], folder);
  run('npm', ['run', '--silent', 'build:tools'], folder);
  run('npm', ['run', '--silent', 'generate'], folder);
  run(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], folder);
  writeFileSync(built, '');
  return folder;
}

function run(command: string, args: string[], cwd = '.'): string {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`);
  return stdout;
}
