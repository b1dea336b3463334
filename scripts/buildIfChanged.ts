import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the build reads. */
const sources = [
  'src',
  'emulator/src',
  'local-host/src',
  'page/src',
  'page/index.html',
  'page/icon.svg',
  'scripts/build.ts',
  'scripts/buildPage.ts',
  'scripts/bundlesApart.ts',
  'scripts/notices.ts',
  'scripts/buildEmulator.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'emulator/package.json',
  'local-host/package.json',
  'page/package.json',
];

/** What it makes. */
const made = [
  'dist/index.js',
  'dist/openapi.json',
  'dist/page/index.html',
  'emulator/dist/cli.js',
  'local-host/dist/cli.js',
];
const generated = /\.generated\./;

/** Goes with the modules: those that are installed anew may build otherwise. */
const stamp = 'node_modules/.cache/device-twins/built';

/**
 * Builds, unless what was built last is of the same sources.
 *
 * @throws Error where the build fails; it has said why.
 */
export function buildIfChanged(): void {
  const current = hashOf(sources);
  const isBuilt =
    made.every((file) => existsSync(file)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === current;
  if (isBuilt) return;
  const { status } = spawnSync('npm run --silent build', { shell: true, stdio: 'inherit' });
  if (status !== 0) throw new Error('The build failed.');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  const files = paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path],
  );
  for (const file of files.sort()) {
    if (statSync(file).isFile() && !generated.test(file)) hash.update(`${file}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}
