import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet, fleet } from '../fleet/fleetProcess';
import { startParts } from './parts';
import { startSystem, stopSystems } from './system';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
});

afterAll(async () => {
  await stopSystems();
  await rm(folder, { recursive: true });
});

test('the command line tags, counts, exports and imports the fleet of a running system', async () => {
  const { url } = await startSystem('--devices', '60');
  const json = async (...args: string[]) => JSON.parse((await fleet(url, ...args, '--json')).stdout);

  expect((await json('summary', '--by', 'location')).counts).toContainEqual({ location: 'Redmond43', devices: 15 });
  // As the npm script starts it; from here on faster.
  await bundleFleet(folder);
  expect((await fleet(url, 'query', '--location', 'Redmond43', '--limit', '1')).stdout).toMatch(/sim-\d+ +Redmond43/);

  const tags = JSON.stringify({ site: { floor: 3, note: 'a "quoted"\nline', code: '0017' } });
  const tagged = await json('tag', '--location', 'Redmond43', '--tags', tags, '--engine', 'queue');
  expect(tagged).toMatchObject({ engine: 'queue', state: 'completed', counts: { total: 15, succeeded: 15 } });
  expect(await json('job', tagged.jobId)).toMatchObject({ jobId: tagged.jobId, state: 'completed' });

  const fields = ['--fields', 'tags.site'];
  for (const name of ['a.csv', 'a.ndjson']) {
    const [file, again] = [join(folder, name), join(folder, `again-${name}`)];
    expect(await fleet(url, 'export', file, ...fields)).toMatchObject({ code: 0 });
    const others = JSON.stringify({ site: { floor: 4, note: 'another', code: 17 } });
    expect(await fleet(url, 'tag', '--location', 'Redmond43', '--tags', others)).toMatchObject({ code: 0 });
    const imported = await fleet(url, 'import', file, '--chunk', '40');
    expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining('61 of 61 devices tagged.') });
    expect(await fleet(url, 'export', again, ...fields)).toMatchObject({ code: 0 });
    expect(await readFile(again, 'utf8')).toBe(await readFile(file, 'utf8'));
  }

  // What a person has edited moves a device, in either form.
  for (const [name, from] of [
    ['moved.csv', 'Redmond43'],
    ['moved.ndjson', 'Dublin2'],
  ] as const) {
    const file = join(folder, name);
    expect(await fleet(url, 'export', file, '--location', from)).toMatchObject({ code: 0 });
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(from, from === 'Redmond43' ? 'Dublin2' : 'Redmond43'));
    expect(await fleet(url, 'import', file)).toMatchObject({ code: 0 });
    expect((await json('summary', '--location', from)).counts).toEqual([]);
  }

  const faulty = join(folder, 'faulty.csv');
  await writeFile(faulty, 'deviceId,plant\nsim-000001,Nowhere\nsim-000002,"Nowhere\n');
  expect(await fleet(url, 'import', faulty, '--chunk', '1')).toMatchObject({
    code: 1,
    stdout: 'Line 3: the quote that opens a cell in line 3 is never closed.\n',
  });
  expect((await json('summary', '--location', 'Nowhere')).counts).toEqual([]);

  const file = join(folder, 'unknown.csv');
  await writeFile(file, 'deviceId,plant\nsim-000001,Dublin2\nnobody,Dublin2\n');
  const { code, stdout } = await fleet(url, 'import', file);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^Line 3: nobody: 404 /) });
}, 120_000);

test('an app without tables tags what fits into a request', async () => {
  await bundleFleet(folder);
  const parts = await startParts();
  try {
    await parts.startHost('.');
    const without = { code: 0, stderr: expect.stringContaining('TWIN_TABLES_ENDPOINT is missing') };
    const tagged = await fleet(parts.url, 'tag', 'myDeviceId', '--tags', '{"site":{"floor":3}}');
    expect(tagged).toMatchObject({ ...without, stdout: expect.stringMatching(/direct +completed +1 +1 +0/) });
    const file = join(folder, 'keyless.csv');
    await writeFile(file, 'deviceId,plant\nmyDeviceId,Dublin2\n');
    expect(await fleet(parts.url, 'import', file)).toMatchObject(without);
    const { stdout } = await fleet(parts.url, 'query', '--location', 'Dublin2', '--fields', 'tags.site', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ deviceId: 'myDeviceId', tags: { site: { floor: 3 } } });
    // What does not fit says which setting it needs.
    expect(await fleet(parts.url, 'tag', 'myDeviceId', '--tags', '{"a":1}', '--engine', 'queue')).toMatchObject({
      code: 1,
    });
  } finally {
    await parts.stop();
  }
}, 60_000);
