import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';

/** What of lodash `scripts/build.ts` bundles. */
const bundledLodash = ['assign', 'merge'];

test('nothing in the bundles needs node_modules', () => {
  for (const [bundle, others] of [
    [
      'dist/index.js',
      [
        '@azure/functions-core',
        './serviceSdk.js',
        './identity.js',
        './azureTables.js',
        './readFilter.js',
        './storageQueue.js',
      ],
    ],
    ['dist/azureTables.js', ['./identity.js']],
    ['dist/storageQueue.js', ['./identity.js']],
    ['dist/serviceSdk.js', []],
    ['dist/identity.js', []],
  ] as const) {
    const text = readFileSync(bundle, 'utf8');
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, id = '']) => id);
    expect(required.length).toBeGreaterThan(0);
    expect(required.filter((id) => !isBuiltin(id) && !(others as readonly string[]).includes(id))).toEqual([]);
  }
});

test.each(['serviceSdk', 'identity', 'azureTables', 'readFilter', 'storageQueue'])('the bundle %s loads', (name) => {
  execFileSync(process.execPath, ['-e', `require(${JSON.stringify(resolve('dist', `${name}.js`))})`]);
});

test('the service SDK uses no more of lodash than the bundle has', () => {
  const sdk = 'node_modules/azure-iothub/dist';
  const texts = readdirSync(sdk)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(sdk, file), 'utf8'))
    .filter((text) => text.includes('require("lodash")'));
  const used = new Set(texts.flatMap((text) => [...text.matchAll(/\b_\.(\w+)\(/g)].map(([, name = '']) => name)));
  expect([...used].sort()).toEqual(bundledLodash);
});
