import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startEmulatorProcess } from './emulator/process';
import { medians, timeToExit } from './processes';
import type { Row } from './row';

/**
 * What a cold start pays, against an app of one empty function: from the start of a process to every function
 * registered, and to the first answer of one. Functions load what they do when they are first called.
 */
export async function loadOfTheBundle(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const empty = join(dir, 'empty.js');
  const loader = join(dir, 'load.js');
  const hub = await startEmulatorProcess(['--simulate', '1']);
  const withHub = { ...process.env, ...hub.env };
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
    const times = await medians(25, {
      ours: () => timeToExit([loader, ours]),
      empty: () => timeToExit([loader, empty]),
      oursFirst: () => timeToExit([loader, ours, 'statistics']),
      twinFirst: () => timeToExit([loader, ours, 'getTwin'], withHub),
      emptyFirst: () => timeToExit([loader, empty, 'empty']),
    });
    const kilobytes = async (file: string) => Math.round((await stat(file)).size / 1024);
    const note = `${await kilobytes(ours)} KB, the empty one ${await kilobytes(empty)} KB`;
    return [
      {
        what: 'cold load of the bundle',
        value: times.ours,
        baseline: { what: 'an empty function', value: times.empty },
        aim: '≤ 1.25×',
        note,
      },
      {
        what: 'cold load and the first answer, of a function without its settings',
        value: times.oursFirst,
        baseline: { what: 'an empty function', value: times.emptyFirst },
      },
      {
        what: 'cold load and the first answer of getTwin, which asks the hub',
        value: times.twinFirst,
        baseline: { what: 'an empty function', value: times.emptyFirst },
        aim: '≤ 1.5×',
      },
    ];
  } finally {
    await hub.stop();
    await rm(dir, { recursive: true });
  }
}

/** Registers nothing anywhere, but takes every call that `@azure/functions` makes of its host; loads the app, and calls a function. */
const loadWithEmptyCore = `
const { Module } = require('node:module');
const load = Module.prototype.require;
const handlers = {};
const disposable = { dispose() {} };
const core = { version: '3.0.0', hostVersion: '4.0.0', Disposable: class {}, log() {}, setProgrammingModel() {},
  registerFunction: ({ name }, handler) => { handlers[name] = handler; return disposable; },
  registerHook: () => disposable };
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : load.call(this, id);
};
const [, , app, name] = process.argv;
require(app);
const context = { functionName: name, log() {}, error() {} };
const request = { url: 'http://localhost/', query: new URLSearchParams(), headers: new Headers(), params: { deviceId: 'sim-000001' } };
Promise.resolve(handlers[name]?.(request, context)).then(
  (answer) => process.exit(name === 'getTwin' && answer.status >= 400 ? 1 : 0),
  (error) => (console.error(error), process.exit(1)),
);
`;
