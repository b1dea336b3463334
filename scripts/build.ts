import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { runScript } from './runScript';

/**
 * Keeps `@azure/identity` out of the main bundle: a cold start loads it only where a managed identity is used,
 * so `src/hub/identity.ts` is a bundle of its own beside the main one.
 */
const identityApart: Plugin = {
  name: 'identity-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/identity$/ }, ({ importer }) =>
      relative('src', importer).startsWith('hub') ? { path: './identity.js', external: true } : undefined,
    );
  },
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

runScript(async () => {
  await rm('dist', { recursive: true, force: true });
  await build({
    entryPoints: { index: 'src/index.ts', identity: 'src/hub/identity.ts' },
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['@azure/functions-core'],
    plugins: [identityApart, lodashInPart],
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
});
