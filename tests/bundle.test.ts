import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { json, startScriptedHub } from './app/scriptedHub';

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
        './page.js',
      ],
    ],
    ['dist/azureTables.js', ['./identity.js']],
    ['dist/storageQueue.js', ['./identity.js']],
    ['dist/serviceSdk.js', []],
    ['dist/identity.js', []],
    ['dist/page.js', []],
  ] as const) {
    const text = readFileSync(bundle, 'utf8');
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, id = '']) => id);
    expect(required.length).toBeGreaterThan(0);
    expect(required.filter((id) => !isBuiltin(id) && !(others as readonly string[]).includes(id))).toEqual([]);
    // What is imported Node reads twice.
    expect(text).not.toMatch(/\bimport\(/);
  }
});

test.each(['serviceSdk', 'identity', 'azureTables', 'readFilter', 'storageQueue', 'page'])(
  'the bundle %s loads',
  (name) => {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(resolve('dist', `${name}.js`))})`]);
  },
);

test('the service SDK uses no more of lodash than the bundle has', () => {
  const sdk = 'node_modules/azure-iothub/dist';
  const texts = readdirSync(sdk)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(sdk, file), 'utf8'))
    .filter((text) => text.includes('require("lodash")'));
  const used = new Set(texts.flatMap((text) => [...text.matchAll(/\b_\.(\w+)\(/g)].map(([, name = '']) => name)));
  expect([...used].sort()).toEqual(bundledLodash);
});

/** Calls `getTwin` of the bundle as a host does; prints which files below `dist/` were opened until its answer, and that. */
const firstAnswer = `
const fs = require('node:fs');
const { Module } = require('node:module');
const opened = new Set();
const recording = (of, name) => {
  const plain = of[name];
  of[name] = function (path, ...rest) {
    if (String(path).includes('/dist/')) opened.add(String(path).replace(/^.*\\/dist\\//, ''));
    return plain.call(this, path, ...rest);
  };
};
for (const name of ['open', 'openSync', 'readFile', 'readFileSync', 'readdir', 'readdirSync']) recording(fs, name);
for (const name of ['open', 'readFile', 'readdir']) recording(fs.promises, name);
const load = Module.prototype.require;
const handlers = {};
const core = { version: '3.0.0', Disposable: class {}, log() {}, setProgrammingModel() {}, registerHook() {},
  registerFunction: ({ name }, handler) => { handlers[name] = handler; } };
Module.prototype.require = function (id) { return id === '@azure/functions-core' ? core : load.call(this, id); };
require(process.argv[1]);
const request = { params: { deviceId: 'd1' }, query: new URLSearchParams(), headers: new Headers(), url: 'http://localhost/' };
handlers.getTwin(request, { log() {}, error() {} }).then((answer) => {
  console.log(JSON.stringify({ twin: answer.jsonBody, opened: [...opened].sort() }));
  process.exit();
});
`;

test("before getTwin's first answer, nothing is loaded but the bundle and the hub's SDK", async () => {
  const hub = await startScriptedHub();
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    hub.play(json({ deviceId: 'd1', etag: 'AAAAAAAAAAE=', version: 1 }));
    writeFileSync(join(folder, 'ca.pem'), hub.ca);
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', firstAnswer, resolve('dist/index.js')], {
      env: {
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        IOTHUB_CONNECTION_STRING: `HostName=localhost:${hub.port};SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0`,
      },
    });
    expect(JSON.parse(stdout)).toEqual({
      twin: { deviceId: 'd1', etag: 'AAAAAAAAAAE=', version: 1 },
      opened: ['index.js', 'serviceSdk.js'],
    });
  } finally {
    await hub.stop();
    rmSync(folder, { recursive: true });
  }
});

test('the page is small, and draws no plot before one is shown', () => {
  const files = readdirSync('dist/page').filter((name) => name.endsWith('.gz'));
  const bytes = (names: string[]) => names.reduce((sum, name) => sum + statSync(join('dist/page', name)).size, 0);
  expect(bytes(files)).toBeLessThanOrEqual(120 * 1024);
  const page = readFileSync('dist/page/index.html', 'utf8');
  const first = files.map((name) => name.replace(/\.gz$/, '')).filter((name) => page.includes(name));
  expect(first).toHaveLength(3);
  for (const name of first) expect(readFileSync(join('dist/page', name), 'utf8')).not.toContain('uPlot');
});

test("the page's files name no other host", () => {
  const files = readdirSync('dist/page').filter((name) => /\.(?:js|css|html)$/.test(name));
  const addresses = files.flatMap(
    (name) => readFileSync(join('dist/page', name), 'utf8').match(/https?:\/\/[\w.-]+/g) ?? [],
  );
  // Names of XML, which nobody asks.
  expect(addresses.filter((address) => address !== 'http://www.w3.org')).toEqual([]);
});
