import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { publishedFiles } from '../../scripts/publishedFiles';
import { type Parts, startParts } from './parts';
import { type Lines, runScript, runTimer } from './system';

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

/** What the entries of a zip say of themselves (PKWARE's APPNOTE, 4.3.12, 4.3.16, 4.4.2 and 4.4.15). */
function centralDirectory(bytes: Buffer): { name: string; system: number; mode: number }[] {
  const end = bytes.lastIndexOf('PK\x05\x06');
  let at = bytes.readUInt32LE(end + 16);
  return Array.from({ length: bytes.readUInt16LE(end + 10) }, () => {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const entry = {
      name: bytes.toString('utf8', at + 46, at + 46 + name),
      system: bytes.readUInt8(at + 5),
      mode: bytes.readUInt16LE(at + 40),
    };
    at += 46 + name + extra + comment;
    return entry;
  });
}

test('the package has what is published, byte for byte, and no more', () => {
  const content = unzipSync(zip);
  expect(Object.keys(content)).toEqual(publishedFiles);
  for (const file of publishedFiles) expect(readFileSync(file).equals(content[file] ?? Buffer.alloc(0))).toBe(true);
});

test('nothing that the build makes is left out', () => {
  const built = readdirSync('dist', { recursive: true, encoding: 'utf8' });
  const files = built.map((name) => `dist/${name}`).filter((file) => !statSync(file).isDirectory());
  expect(publishedFiles).toEqual(expect.arrayContaining(files.filter((file) => file !== 'dist/app.zip')));
});

test('unpacked on Unix, every file can be read', () => {
  const unix = 3;
  const mode = 0o100644;
  expect(centralDirectory(zip)).toEqual(publishedFiles.map((name) => ({ name, system: unix, mode })));
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

  test("it has the operator's page, at both of its addresses", async () => {
    for (const path of ['page', 'page/']) {
      const page = await fetch(`${parts.url}/api/${path}`);
      const [, script = ''] = /src="([^"]+)"/.exec(await page.text()) ?? [];
      const file = await fetch(new URL(script, page.url));
      expect(file.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(await file.text()).toBe(readFileSync(join(folder, 'app/dist/page', script.replace(/^.*\//, '')), 'utf8'));
      expect(await fetch(file.url, { method: 'HEAD' })).toMatchObject({ status: 200 });
    }
  });

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
