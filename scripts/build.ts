import { readFile, rm, writeFile } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';
import { openApiDocument } from '../src/api/openapi/document';
import { buildPage } from './buildPage';
import { bundlesApart } from './bundlesApart';
import { writeNotices } from './notices';
import { runScript } from './runScript';

/** Bundles beside the main one: a cold start loads them only where they are used. */
const apart: Record<string, string> = {
  serviceSdk: 'src/azure/hub/serviceSdk.ts',
  identity: 'src/azure/storage/identity.ts',
  azureTables: 'src/azure/tables/azureTables.ts',
  readFilter: 'src/conditions/filter/readFilter.ts',
  storageQueue: 'src/azure/queue/storageQueue.ts',
  page: 'src/functions/page.ts',
};

/**
 * `azure-iothub` takes all of lodash for two functions (`dist/twin.js`, `dist/device.js`). Only those are bundled: a
 * third of the bundle, and of what a cold start pays over an empty function.
 */
const lodashInPart: Plugin = {
  name: 'lodash-in-part',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^lodash$/ }, () => ({ path: 'lodash', namespace: 'in-part' }));
    onLoad({ filter: /.*/, namespace: 'in-part' }, () => ({
      contents: `exports.assign = require('lodash/assign'); exports.merge = require('lodash/merge');`,
      resolveDir: process.cwd(),
    }));
  },
};

/**
 * The checksums of `@azure/storage-common` are WebAssembly with a loader that works in no bundle of this format. Blobs
 * use them, queues do not; they were a third of the queue's bundle.
 */
const withoutChecksums: Plugin = {
  name: 'without-checksums',
  setup({ onLoad }) {
    onLoad({ filter: /storage-common.dist.esm.crc64\.js$/ }, () => ({
      contents: `export default () => { throw new Error('Checksums are not part of this bundle.'); }`,
    }));
  },
};

runScript(async () => {
  await rm('dist', { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { index: 'src/index.ts', ...apart },
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // What is loaded later is required: Node reads a CommonJS module twice that is imported.
    supported: { 'dynamic-import': false },
    external: ['@azure/functions-core'],
    plugins: [bundlesApart(apart), lodashInPart, withoutChecksums],
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  writeNotices('dist/NOTICES.txt', [metafile, await buildPage('dist/page')]);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  await writeFile('dist/openapi.json', JSON.stringify(openApiDocument(version)));
});
