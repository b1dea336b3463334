import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { bundleFleet, fleet, startFleet } from './fleetProcess';
import { type Received, type Reply, startScriptedApp } from './scriptedApp';

let folder: string;
let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: (request: Received) => Reply;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reading-'));
  await bundleFleet(folder);
  app = await startScriptedApp((request) => answer(request));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  app.received.length = 0;
});

const asked = () => app.received.map(({ url }) => `${url.pathname}${url.search}`);

test('get shows a twin, without what a terminal would obey', async () => {
  answer = () => ({ json: { deviceId: 'a/b', tags: { note: '\u009b31mred' } } });
  const { stdout } = await fleet(app.url, 'get', 'a/b');
  expect(asked()).toEqual(['/api/devices/a%2Fb']);
  expect(stdout).toBe('{\n  "deviceId": "a/b",\n  "tags": {\n    "note": "\\u009b31mred"\n  }\n}\n');
  expect((await fleet(app.url, 'get', 'a', '--json')).stdout).toBe(
    '{"deviceId":"a/b","tags":{"note":"\\u009b31mred"}}\n',
  );
});

test('jobs lists them, those of a state where asked', async () => {
  const counts = { total: 2, succeeded: 1, failed: 1, pending: 0 };
  const job = { jobId: 'j1', engine: 'queue', state: 'completed', createdAt: 'T', counts, by: 'Ada', reason: 'moved' };
  answer = ({ url }) => ({ json: url.searchParams.get('state') ? { jobs: [] } : { jobs: [job], continuation: 'n' } });
  const { stdout, stderr } = await fleet(app.url, 'jobs', '--limit', '1');
  expect(stdout.replace(/ +/g, ' ')).toBe(
    'job created engine state total succeeded failed pending by\nj1 T queue completed 2 1 1 0 Ada: moved\n',
  );
  expect(stderr).toBe('There are more: --limit or --all.\n');
  expect((await fleet(app.url, 'jobs', '--state', 'running')).stderr).toBe('No running job in the last 30 days.\n');
  expect(asked()).toEqual(['/api/tagJobs?limit=1', '/api/tagJobs?state=running&limit=100']);
});

test('trends shows a line a step without the gaps, and the series that were asked for', async () => {
  const series = [
    { location: 'A', connectivity: 'wifi', counts: [1, null, 2] },
    { location: null, connectivity: null, counts: [null, null, 5] },
  ];
  const times = ['T1', 'T2', 'T3'];
  const counts = [3, null, 4];
  answer = () => ({ json: { step: 300, times, total: counts, enabled: counts, changes: [null, null, 7], series } });
  const { stdout } = await fleet(app.url, 'trends', '--location', 'A', '--from', '2026-01-31T00:00Z');
  expect(stdout.replace(/ +/g, ' ')).toBe(
    'time total enabled changes A wifi (others) (none)\nT1 3 3 1\nT3 4 4 7 2 5\n',
  );
  expect(asked()).toEqual(['/api/trends?location=A&from=2026-01-31T00%3A00%3A00.000Z']);
  expect((await fleet(app.url, 'trends')).stdout).not.toContain('wifi');
  await expect(fleet(app.url, 'trends', '--to', 'never')).resolves.toMatchObject({ code: 2 });
});

test('history shows a line a value, page by page', async () => {
  const change = (version: number, values: object[]) => {
    const by = values.length > 0 ? { by: 'function key' } : {};
    return { time: 'T', type: 'TwinChanged', version, values, ...by };
  };
  answer = ({ url }) =>
    url.searchParams.has('continuation')
      ? { json: { changes: [change(2, [])] } }
      : {
          json: {
            changes: [
              change(3, [
                { path: 'tags.a', before: null, after: 1 },
                { path: 'tags.b', after: 2 },
              ]),
            ],
            continuation: 'n',
          },
        };
  const { stdout, stderr } = await fleet(app.url, 'history', 'd', '--all');
  expect(stdout.replace(/ +/g, ' ')).toBe(
    'time version type path before after by\nT 3 TwinChanged tags.a (none) 1 function key\nT 3 TwinChanged tags.b ? 2 function key\n' +
      'time version type path before after by\nT 2 TwinChanged\n',
  );
  expect(stderr).toBe('');
  expect(asked()).toEqual(['/api/devices/d/changes?limit=100', '/api/devices/d/changes?limit=100&continuation=n']);
});

const set = { time: 'T', type: 'DeviceTwins.TwinChanged', deviceId: 'd', version: 3, by: 'ann' };
const moved = {
  time: 'U',
  type: 'DeviceTwins.DeviceMoved',
  deviceId: 'd',
  version: 3,
  from: null,
  to: { location: 'A', connectivity: 'wifi' },
};

test('changes shows what is kept, a line a value, and where to go on', async () => {
  answer = ({ url }) =>
    url.searchParams.get('after') === 'c1'
      ? { json: { changes: [moved], next: 'c2' } }
      : url.searchParams.has('after')
        ? { json: { changes: [], next: 'c2' } }
        : { json: { changes: [{ ...set, values: [{ path: 'tags.a', after: null }] }], next: 'c1' } };
  const { code, stdout, stderr } = await fleet(app.url, 'changes', '--device', 'd', '--path', 'tags');
  expect(stdout.replace(/ +/g, ' ')).toBe(
    'time device version what after by\nT d 3 tags.a (none) ann\nU d 3 moved (none) → A (wifi)\n',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Go on with --after c2\n' });
  const query = '/api/changes?device=d&path=tags&limit=';
  expect(asked()).toEqual([`${query}100`, `${query}99&after=c1`, `${query}98&after=c2`]);
});

test('changes --follow begins now, goes on with what comes, and tells at its end where it was', async () => {
  let page = 0;
  const pages = [
    { changes: [], next: 'c1' },
    { changes: [], next: 'c1' },
    { changes: [{ ...set, values: [] }], next: 'c2' },
  ];
  answer = () => (page < pages.length ? { json: pages[page++] } : 'hang');
  const { child, ended } = startFleet(app.url, 'changes', '--follow', '--json');
  await once(child.stdout as Readable, 'data');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(JSON.parse(stdout)).toEqual({ ...set, values: [] });
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'Go on with --after c2\nInterrupted.\n' });
  expect(asked().slice(0, 3)).toEqual(
    ['now', 'c1', 'c1'].map((after) => `/api/changes?wait=25&limit=1000&after=${after}`),
  );
});

test('locations has a column for each connectivity, and tells how far it is to be believed', async () => {
  const locations = [
    { location: 'A', devices: 3, connectivity: { wifi: 2 } },
    { location: 'B', devices: 1, connectivity: { cellular: 1 } },
  ];
  answer = () => ({ json: { locations, comparedAt: null } });
  const { stdout, stderr } = await fleet(app.url, 'locations');
  expect(stdout.replace(/ +/g, ' ')).toBe('location devices cellular wifi\nA 3 0 2\nB 1 1 0\n');
  expect(stderr).toBe('Not compared with the hub yet.\n');
});

test('members of any location are asked for by parameter', async () => {
  const told = { connectionState: 'Connected', connectionStateSince: 'U' };
  const devices = ['d', 'e'].map((deviceId) => ({ deviceId, connectivity: 'wifi', since: 'T' }));
  Object.assign(devices[1] ?? {}, told);
  answer = () => ({ json: { devices, comparedAt: 'C', continuation: 'n' } });
  const { stdout, stderr } = await fleet(
    app.url,
    'members',
    'Bldg 4/Floor 2',
    '--connectivity',
    'wifi',
    '--limit',
    '2',
  );
  expect(asked()).toEqual(['/api/locations/devices?location=Bldg+4%2FFloor+2&connectivity=wifi&limit=2']);
  const rows = ['device connectivity since connection', 'd wifi T', 'e wifi T Connected since U', ''];
  expect(stdout.replace(/ +/g, ' ').replace(/ \n/g, '\n')).toBe(rows.join('\n'));
  expect(stderr).toBe('Compared with the hub at C. There are more: --limit or --all.\n');
});

test('statistics counts the registry', async () => {
  answer = () => ({ json: { totalDeviceCount: 3, enabledDeviceCount: 2, disabledDeviceCount: 1 } });
  expect((await fleet(app.url, 'statistics')).stdout.replace(/ +/g, ' ')).toBe('devices enabled disabled\n 3 2 1\n');
});

test('a misspelt command or option is told what was meant; help is to be had by its name', async () => {
  expect((await fleet(app.url, 'querry')).stderr).toMatch(/did you mean query\?/);
  expect((await fleet(app.url, 'query', '--lokation', 'A')).stderr).toMatch(/Did you mean --location\?/);
  expect(await fleet(app.url, 'help', 'members')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('LOCATION'),
  });
  expect(await fleet(app.url, '--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('a shell completes commands and options by what completion prints', async () => {
  const { stdout } = await fleet(app.url, 'completion', 'bash');
  const { execFileSync } = await import('node:child_process');
  const complete = (...words: string[]) =>
    execFileSync('bash', [
      '-c',
      `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fleet; echo "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ])
      .toString()
      .trim();
  expect(complete('fleet', 'mem')).toBe('members');
  expect(complete('fleet', 'query', '--lo')).toBe('--location');
  expect(complete('fleet', 'members', '--lo')).toBe('');
  expect((await fleet(app.url, 'completion', 'zsh')).stdout).toContain('compdef _fleet fleet');
});
