const bundles = ['azureTables', 'identity', 'index', 'readFilter', 'serviceSdk', 'storageQueue'];

/** What is published, by `npm run package`, and by azd and Core Tools as `.funcignore` tells them: sorted, with `/`. */
export const publishedFiles: readonly string[] = [
  ...bundles.flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]),
  'dist/NOTICES.txt',
  'dist/openapi.json',
  'host.json',
  'package.json',
].sort();
