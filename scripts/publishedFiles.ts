import { readdirSync } from 'node:fs';

const bundles = ['azureTables', 'identity', 'index', 'page', 'readFilter', 'serviceSdk', 'storageQueue'];

/** What is published, by `npm run package`, and by azd and Core Tools as `.funcignore` tells them: sorted, with `/`. */
export const publishedFiles: readonly string[] = [
  ...bundles.flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]),
  'dist/NOTICES.txt',
  'dist/openapi.json',
  // Named by what is in them: the build has made them by now.
  ...readdirSync('dist/page').map((name) => `dist/page/${name}`),
  'host.json',
  'package.json',
].sort();
