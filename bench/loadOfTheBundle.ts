import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { medians, timeToExit } from './processes';
import type { Row } from './row';

/** What a cold start pays: from the start of a process to every function registered, against an app of one empty function. */
export async function loadOfTheBundle(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const empty = join(dir, 'empty.js');
  const loader = join(dir, 'load.js');
  try {
    await build({
      stdin: {
        contents: `import { app } from '@azure/functions'; app.http('empty', { handler: () => ({ body: '' }) });`,
        resolveDir: process.cwd(),
      },
      outfile: empty,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: ['@azure/functions-core'],
      minifySyntax: true,
      minifyWhitespace: true,
    });
    await writeFile(loader, loadWithEmptyCore);
    const ours = join(process.cwd(), 'dist/index.js');
    const times = await medians(15, {
      ours: () => timeToExit([loader, ours]),
      empty: () => timeToExit([loader, empty]),
    });
    const kilobytes = async (file: string) => Math.round((await stat(file)).size / 1024);
    return [
      {
        what: 'cold load of the bundle',
        value: times.ours,
        baseline: { what: 'an empty function', value: times.empty },
        aim: '≤ 1.25×',
        note: `${await kilobytes(ours)} KB, the empty one ${await kilobytes(empty)} KB`,
      },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Registers nothing anywhere, but takes every call that `@azure/functions` makes of its host; then loads the app. */
const loadWithEmptyCore = `
const { Module } = require('node:module');
const load = Module.prototype.require;
const disposable = { dispose() {} };
const core = { version: '3.0.0', hostVersion: '4.0.0', Disposable: class {}, log() {}, setProgrammingModel() {},
  registerFunction: () => disposable, registerHook: () => disposable };
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : load.call(this, id);
};
require(process.argv[2]);
process.exit(0);
`;
