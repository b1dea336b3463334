import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { publishedFiles } from '../../scripts/publishedFiles';
import { type Parts, startParts } from './parts';
import { type Lines, runScript, runTimer } from './system';

const published = [
  'dist/azureTables.js',
  'dist/azureTables.js.map',
  'dist/identity.js',
  'dist/identity.js.map',
  'dist/index.js',
  'dist/index.js.map',
  'dist/openapi.json',
  'dist/serviceSdk.js',
  'dist/serviceSdk.js.map',
  'dist/storageQueue.js',
  'dist/storageQueue.js.map',
  'host.json',
  'package.json',
];

let zip: Buffer;
let folder: string;

beforeAll(async () => {
  expect(await runScript('scripts/package.ts', [])).toMatchObject({ code: 0 });
  zip = readFileSync('dist/app.zip');
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    mkdirSync(dirname(join(folder, 'app', name)), { recursive: true });
    writeFileSync(join(folder, 'app', name), content);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the package is what Core Tools would publish, byte for byte, and no more', async () => {
  const content = unzipSync(zip);
  expect(Object.keys(content)).toEqual(published);
  expect(await publishedFiles('.')).toEqual(published);
  for (const file of published) expect(readFileSync(file).equals(content[file] ?? Buffer.alloc(0))).toBe(true);
});

test('nothing that the build makes is left out', () => {
  const built = readdirSync('dist').filter((file) => file !== 'app.zip');
  expect(published).toEqual(expect.arrayContaining(built.map((file) => `dist/${file}`)));
});

test('what Core Tools never publishes stays out even where .funcignore lets it in', async () => {
  const root = mkdtempSync(join(tmpdir(), 'published-'));
  for (const file of ['.funcignore', '.gitignore', 'local.settings.json', 'host.json', 'a/b.js', 'a/b.ts', '.git/x']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file === '.funcignore' ? '*.ts\n' : '');
  }
  expect(await publishedFiles(root)).toEqual(['a/b.js', 'host.json']);
  rmSync(root, { recursive: true });
});

test('packed again, it is the same', async () => {
  await runScript('scripts/package.ts', []);
  expect(readFileSync('dist/app.zip').equals(zip)).toBe(true);
});

describe('unpacked where there is no node_modules', () => {
  let parts: Parts;
  let lines: Lines;

  beforeAll(async () => {
    parts = await startParts();
    lines = await parts.startHost(join(folder, 'app'));
  });
  afterAll(() => parts.stop());

  test("it runs the story, and each change's way can be followed: tagged, relayed, reacted to", async () => {
    const tagged = await fetch(`${parts.url}/api/devices/myDeviceId/tags`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ location: { region: 'US', plant: 'Redmond43' } }),
    });
    expect(tagged.status).toBe(200);
    // Before the next change: Event Grid promises no order, and what comes after a newer change is not new.
    await lines.match(/myDeviceId changed: tags\.location\.region, tags\.location\.plant .*seen=new/);
    expect(await runTimer(parts.url, lines)).toEqual([
      expect.stringContaining('devices in Redmond43: 1 (myDeviceId)'),
      expect.stringContaining('devices in Redmond43 using cellular: 0'),
    ]);
    const device = await runScript('scripts/device.ts', ['--once', '--state-dir', parts.emulator.stateDir]);
    expect(device.output).toContain('reported {"connectivity":"cellular"}: 204');
    expect((await runTimer(parts.url, lines))[1]).toContain('devices in Redmond43 using cellular: 1 (myDeviceId)');
    await lines.match(/myDeviceId changed: reported\.connectivity .*seen=new/);

    const [, version] = await lines.match(/devices\/myDeviceId tagged \| version=(\d+)/);
    await lines.match(new RegExp(`myDeviceId changed: tags.* version=${version} .* relayedBy=[0-9a-f]{32}$`));
    await lines.match(/relaying \d+ of \d+ notifications \| partition=\d lagMs=\d+/);
  });
});
