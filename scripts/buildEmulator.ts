import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { bundlesApart } from './bundlesApart';
import { writeNotices } from './notices';
import { runScript } from './runScript';

// Makes the bundles of the emulator, in its folder; with `--types` the declarations for who imports the package, too.

/** Bundles beside the main one: most starts have no use for them. */
const apart: Record<string, string> = { makeCertificates: 'src/state/makeCertificates.ts', jose: 'jose' };

runScript(async () => {
  const { metafile } = await build({
    entryPoints: { bundle: 'src/cli.ts', ...apart },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outdir: 'dist',
    external: ['lmdb'],
    // What is loaded later is required: Node reads a CommonJS module twice that is imported.
    supported: { 'dynamic-import': false },
    // `bl`, of `mqtt-packet`, takes a copy of Node's streams, for browsers.
    alias: { 'readable-stream': 'node:stream' },
    plugins: [bundlesApart(apart)],
    // A start reads all of it.
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning',
  });
  writeNotices('dist/NOTICES.txt', [metafile]);
  writeFileSync('dist/cli.js', "#!/usr/bin/env node\nrequire('./bundle.js').main();\n", { mode: 0o755 });
  writeFileSync('dist/index.js', "exports.startIotHub = require('./bundle.js').startIotHub;\n");
  writeFileSync('dist/index.mjs', "export { startIotHub } from './index.js';\n");
  writeFileSync('dist/index.d.mts', "export * from './types/index.js';\n");
  if (process.argv.includes('--types')) writeTypes();
});

/** The declarations that lead on from that of the package; those of its inner parts would want packages that are bundled. */
function writeTypes() {
  const all = 'dist/all-types';
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--outDir', all], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The declarations could not be made.');
  rmSync('dist/types', { recursive: true, force: true });
  const wanted = new Set([join(all, 'index.d.ts')]);
  for (const file of wanted) {
    const text = readFileSync(file, 'utf8');
    for (const [, path = ''] of text.matchAll(/\bfrom '(\.[^']*)'/g)) wanted.add(`${join(dirname(file), path)}.d.ts`);
    const target = join('dist/types', relative(all, file));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
  rmSync(all, { recursive: true });
}
