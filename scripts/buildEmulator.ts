import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { writeNotices } from './notices';
import { runScript } from './runScript';

// Makes the bundles of the emulator, in its folder; with `--types` the declarations for who imports the package, too.

/** The command line finds the rest of the package beside it, not within. */
const indexBeside: Plugin = {
  name: 'index-beside',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/index$/ }, () => ({ path: './index.js', external: true })),
};

runScript(async () => {
  const { metafile } = await build({
    entryPoints: ['src/index.ts', 'src/cli.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outdir: 'dist',
    external: ['lmdb'],
    plugins: [indexBeside],
    // A start reads all of it.
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning',
  });
  writeNotices('dist/NOTICES.txt', [metafile]);
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
