import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const project = join(__dirname, 'dotnet');
const cache = 'node_modules/.cache/real';

/** Whether a .NET SDK is here that builds the project. On other systems than Linux .NET reads no `SSL_CERT_FILE`. */
const isHere =
  process.platform === 'linux' &&
  Number.parseInt(spawnSync('dotnet', ['--version'], { encoding: 'utf8' }).stdout ?? '', 10) >= 10;

/** Tests on the real packages: skipped without a .NET SDK, but never in CI. */
export function describeReal(name: string, tests: () => void): void {
  if (isHere || process.env.CI) describe(name, tests);
  else describe.skip(`${name} (skipped: it wants Linux and the .NET SDK 10)`, tests);
}

/**
 * Builds the program of the real packages, once for each state of its sources.
 *
 * @returns the program, for `dotnet`.
 */
export function buildReal(): string {
  const sources = readdirSync(project).filter((name) => /\.(cs|csproj|json)$/.test(name));
  const hash = createHash('sha256');
  for (const name of sources.sort()) hash.update(name).update(readFileSync(join(project, name)));
  const built = join(cache, hash.digest('hex').slice(0, 16));
  if (!existsSync(built)) {
    // Suites may build at the same time: each in a folder of its own, and what is complete moves to its place.
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, 'build-'));
    try {
      build(work);
      renameSync(join(work, 'bin/real/debug'), built);
    } catch (error) {
      if (!existsSync(built)) throw error;
    } finally {
      rmSync(work, { recursive: true });
    }
  }
  return join(built, 'real.dll');
}

/** Without the servers that would outlive the build. */
function build(folder: string): void {
  const args = ['build', project, '--artifacts-path', folder, '--disable-build-servers', '--nologo', '-v', 'quiet'];
  const { status, stdout, error } = spawnSync('dotnet', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The program of the real packages does not build: ${error ?? stdout}`);
}
