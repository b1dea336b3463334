import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

const compressed = { br: promisify(brotliCompress), gz: promisify(gzip) };

/**
 * Builds the operator's page: files named by what is in them, each ready-made for the codings that browsers take, and the
 * page itself, in which `{base}` stands for where those files are.
 *
 * @returns what they are made of.
 */
export async function buildPage(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: { app: 'page/src/main.tsx', icon: 'page/icon.svg' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const page = await readFile('page/index.html', 'utf8');
  const named = page.replace(/\{base\}(\w+)(\.\w+)/g, (_, name: string, extension: string) => {
    const built = names.find((each) => each.startsWith(`${name}-`) && each.endsWith(extension));
    if (built === undefined) throw new Error(`page/index.html names ${name}${extension}, which is not built.`);
    return `{base}${built}`;
  });
  for (const name of await readdir(outdir)) {
    const bytes = await readFile(join(outdir, name));
    for (const [ending, compress] of Object.entries(compressed)) {
      await writeFile(join(outdir, `${name}.${ending}`), await compress(bytes));
    }
  }
  await writeFile(join(outdir, 'index.html'), named);
  return metafile;
}
