import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet, fleet, startFleet } from './fleetProcess';
import { type Received, type Reply, startScriptedApp } from './scriptedApp';

let folder: string;
let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: (request: Received) => Reply;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  await bundleFleet(folder);
  app = await startScriptedApp((request) => answer(request));
});

afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  app.received.length = 0;
  answer = () => ({ status: 500, json: { detail: 'not part of this test' } });
});

const throttled = { status: 429, headers: { 'retry-after': '1' }, json: { detail: 'The hub is throttling.' } };
const device = (deviceId: string) => ({ deviceId, location: 'Redmond43', connectivity: null });

test.each([
  [[], /COMMAND/],
  [['sing'], /no command 'sing'/],
  [['query', '--colour', 'red'], /--colour/],
  [['query', '--limit', '0'], /--limit is a whole number/],
  [['query', '--where', '{"location":'], /--where is a JSON object, as in '\{"location":"Redmond43"\}'/],
  [['tag', 'd', '--tags', '{a:1}'], /--tags is a JSON object, as in '\{"location":\{"plant":"Redmond43"\}\}'/],
  [['tag', 'a'], /Give either --set and --unset, as in --set plant=Redmond43, or --tags/],
  [['tag', 'a', '--set', 'plant'], /--set takes NAME=VALUE, not 'plant'/],
  [['tag', 'a', '--set', 'x=1', '--unset', 'x'], /'x' is set or unset twice/],
  [['tag', '--tags', '{}'], /either device ids or a condition/],
  [['tag', 'a', '--location', 'b', '--tags', '{}'], /either device ids or a condition/],
  [['job'], /Give one job id/],
  [['export', 'file.txt'], /--format/],
  [['import', 'f.csv', '--chunk', '100001'], /^--chunk is a whole number from 1 to 100000/],
  [['summary', '--url', 'https://host/?code=abc'], /FLEET_FUNCTION_KEY/],
  [['summary', '--url', 'http://fleet.example'], /by https only/],
])('%j is wrong usage', async (args, fault) => {
  const { code, stdout, stderr } = await fleet(app.url, ...args);
  expect(stderr).toMatch(fault);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(app.received).toEqual([]);
});

test.each(['tag', 'query', 'summary', 'job', 'export', 'import'])('%s says what it takes', async (name) => {
  const { code, stdout } = await fleet(app.url, name, '--help');
  expect(code).toBe(0);
  expect(stdout).toContain(`npm run fleet -- ${name}`);
});

test('the key goes into its header alone, and a wrong one is told', async () => {
  answer = () => ({ status: 401 });
  const { code, stdout, stderr } = await fleet(app.url, 'summary');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe('The app answered 401: the function key is not right; give --key or FLEET_FUNCTION_KEY.\n');
  const [request] = app.received;
  expect(request?.headers['x-functions-key']).toBe('secret-key');
  expect(request?.url.href).not.toContain('secret-key');
});

test('tags that look like those of a twin are sent where that is meant', async () => {
  answer = () => ({ json: { dryRun: true, engine: 'direct', devices: 1, sample: [], expectedSeconds: 1 } });
  const tag = ['tag', 'a', '--tags', '{"tags":{"plant":"X"}}', '--dry-run'];
  await fleet(app.url, ...tag);
  await fleet(app.url, ...tag, '--allow-tags');
  expect(app.received.map(({ url }) => url.search)).toEqual(['?dryRun=true', '?allow=tags&dryRun=true']);
});

test('a problem is told by its detail, without what a terminal would obey', async () => {
  answer = () => ({ status: 400, json: { title: 'No', detail: 'where.and[1] has no \u001b[31mpath.\nDone.' } });
  const { code, stderr } = await fleet(app.url, 'query');
  expect(code).toBe(1);
  expect(stderr).toBe('where.and[1] has no \\u001b[31mpath.\\nDone.\n');
});

test('JSON for scripts says the same, and has nothing that a terminal obeys', async () => {
  const location = 'a\u009b2K\u202eb\n';
  answer = () => ({ json: { counts: [{ location, devices: 1 }] } });
  const { stdout } = await fleet(app.url, 'summary', '--json');
  expect(stdout).toBe('{"counts":[{"devices":1,"location":"a\\u009b2K\\u202eb\\n"}]}\n');
  expect(JSON.parse(stdout)).toEqual({ counts: [{ location, devices: 1 }] });
});

test("an app below a path of a gateway is asked there, with or without the API's own", async () => {
  answer = () => ({ status: 404 });
  for (const path of ['/fleet', '/fleet/api/']) {
    expect((await fleet(app.url, 'summary', '--url', `${app.url}${path}`)).stderr).toMatch(/is --url that of this app/);
  }
  expect(app.received.map(({ url }) => url.pathname)).toEqual(['/fleet/api/summary', '/fleet/api/summary']);
});

test('who is not there is told at once', async () => {
  const { code, stderr } = await fleet('http://127.0.0.1:1', 'summary');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^http:\/\/127.0.0.1:1 cannot be reached: .*npm start/);
});

test('what is throttled is asked again when the answer says', async () => {
  answer = () => (app.received.length === 1 ? throttled : { json: { counts: [{ location: 'A', devices: 3 }] } });
  const start = performance.now();
  const { code, stdout, stderr } = await fleet(app.url, 'summary');
  expect(performance.now() - start).toBeGreaterThan(1000);
  expect(code).toBe(0);
  expect(stdout).toBe('location  devices\nA               3\n');
  expect(stderr).toBe('The hub is throttling. Again in 1 s.\n3 devices in all.\n');
});

test('a table into a pipe is not cut', async () => {
  const location = 'x'.repeat(300);
  answer = () => ({ json: { counts: [{ location, devices: 3 }] } });
  expect((await fleet(app.url, 'summary')).stdout).toContain(`\n${location}        3\n`);
});

test('conditions go to the app as they are written, in words or as JSON', async () => {
  const words = 'tags.floor >= 2 and lastActivityTime < now-1d';
  answer = () => ({ json: { devices: [{ ...device('a'), tags: { 'a,b': { c: 'deep' } } }] } });
  const { stdout } = await fleet(app.url, 'query', '--where', words, '--fields', 'tags["a,b"].c, tags.none');
  expect(stdout).toMatch(/tags\["a,b"\]\.c +tags\.none\na +Redmond43 +deep\n/);
  await fleet(app.url, 'query', '--where', '{"location":"A"}');
  expect(app.received.map(({ url: { searchParams: asked } }) => [asked.get('where'), asked.get('filter')])).toEqual([
    [null, words],
    ['{"location":"A"}', null],
  ]);
});

test.each<[string[], object]>([
  [['--where', 'tags.x = 1', '--location', 'A'], { where: { location: 'A' }, filter: 'tags.x = 1' }],
  [
    ['--where', '{"location":"A"}', '--connectivity', 'c'],
    { where: { and: [{ location: 'A' }, { connectivity: 'c' }] } },
  ],
  [['--where', 'location = A'], { filter: 'location = A' }],
  [['a', 'b'], { deviceIds: ['a', 'b'] }],
])('tag %j asks for these devices', async (args, chosen) => {
  await fleet(app.url, 'tag', ...args, '--tags', '{"x":1}', '--dry-run');
  expect(app.received.map(({ body }) => JSON.parse(body))).toEqual([{ ...chosen, tags: { x: 1 } }]);
});

test.each<[string[], object]>([
  [['--set', 'plant=X', '--unset', 'site'], { cells: { plant: 'X', site: 'null' } }],
  [['--set', 'tags["a=b"]=c=d'], { cells: { 'tags["a=b"]': 'c=d' } }],
])('tag d %j says so in cells', async (args, said) => {
  await fleet(app.url, 'tag', 'd', ...args, '--dry-run');
  expect(app.received.map(({ body }) => JSON.parse(body))).toEqual([{ deviceIds: ['d'], ...said }]);
});

test('a list stops at its limit, and says that there is more', async () => {
  const names = ['a', 'b', 'c', 'd'];
  answer = ({ url }) => {
    const from = Number(url.searchParams.get('continuation') ?? 0);
    return { json: { devices: names.slice(from, from + 2).map(device), continuation: String(from + 2) } };
  };
  const { stdout, stderr } = await fleet(app.url, 'query', '--limit', '3', '--json');
  expect(stdout).toBe(['a', 'b', 'c'].map((name) => `${JSON.stringify(device(name))}\n`).join(''));
  expect(stderr).toMatch(/There are more/);
});

/** An app with tables that finds nothing wrong with a file, and answers the rest as told. */
function judged(tagged: (request: Received) => Reply): (request: Received) => Reply {
  return (request) => {
    if (request.url.pathname === '/api/tagJobs/NONE') return { status: 404 };
    return request.url.searchParams.get('dryRun') === 'true' ? { json: { devices: 1 } } : tagged(request);
  };
}

/** Three pages of a CSV export. */
function exportPage({ url }: Received): Reply {
  const asked = url.searchParams;
  if (asked.get('count') === 'true') return { json: { count: 3, devices: [] } };
  const page = Number(asked.get('continuation')?.slice(1) ?? 0);
  const link = { link: `</api/devices?limit=100&continuation=p${page + 1}>; rel="next"` };
  return { text: `deviceId,tags.note\ndevice-${page},"two\nlines"\n`, headers: page < 2 ? link : {} };
}

const whole = `deviceId,tags.note\n${[0, 1, 2].map((page) => `device-${page},"two\nlines"\n`).join('')}`;

test('an export rides out a throttled and a cut answer', async () => {
  const file = join(folder, 'rides.csv');
  answer = (request) =>
    [undefined, undefined, throttled, 'cut' as const][app.received.length - 1] ?? exportPage(request);
  const { code, stderr } = await fleet(app.url, 'export', file, '--fields', 'tags.note');
  expect(stderr).toMatch(/^3 devices, 3 s at the quota of S1 with 1 unit\.\n/);
  expect(code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(whole);
  expect(existsSync(`${file}.resume`)).toBe(false);
  // Nothing was overwritten unasked.
  expect((await fleet(app.url, 'export', file)).code).toBe(2);
});

test('an export that ended halfway goes on where it was', async () => {
  const file = join(folder, 'halfway.csv');
  const gone = { status: 404, json: { detail: 'gone for now' } };
  answer = (request) => (request.url.searchParams.get('continuation') === 'p2' ? gone : exportPage(request));
  const first = await fleet(app.url, 'export', file);
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('gone for now\n2 devices are written;') });
  // As if it had been killed in the midst of a page.
  await writeFile(file, 'device-2,"ha', { flag: 'a' });
  answer = exportPage;
  app.received.length = 0;
  expect((await fleet(app.url, 'export', file, '--location', 'A')).stderr).toMatch(/asked for something else/);
  const second = await fleet(app.url, 'export', file);
  expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('Going on after 2 devices. 1 devices') });
  expect(app.received.map(({ url }) => url.searchParams.get('continuation'))).toEqual(['p2']);
  expect(await readFile(file, 'utf8')).toBe(whole);
});

test('what was begun with one app goes on with no other', async () => {
  const other = await startScriptedApp(() => ({ status: 404, json: { detail: 'of another hub' } }));
  const file = join(folder, 'moved.csv');
  const gone = { status: 404, json: { detail: 'gone for now' } };
  answer = (request) => (request.url.searchParams.get('continuation') === 'p1' ? gone : exportPage(request));
  expect((await fleet(app.url, 'export', file)).stderr).toContain('gone for now');
  expect(await fleet(other.url, 'export', file)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('asked for something else'),
  });
  // Half of a fleet is not imported as if it were all of it.
  expect(await fleet(app.url, 'import', file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('finish it first'),
  });

  const devices = join(folder, 'moved-devices.csv');
  await writeFile(devices, lines);
  answer = judged(() => gone);
  expect((await fleet(app.url, 'import', devices)).code).toBe(1);
  expect(await fleet(other.url, 'import', devices)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('by another app'),
  });
  expect(other.received).toEqual([]);
  await other.stop();
});

test('Ctrl-C leaves an export that goes on', async () => {
  const file = join(folder, 'stopped.csv');
  const { child, ended } = startFleet(app.url, 'export', file);
  answer = (request) => {
    if (request.url.searchParams.get('continuation') !== 'p1') return exportPage(request);
    child.kill('SIGINT');
    return 'hang';
  };
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/Interrupted\. 1 devices are written; the same command goes on/);
  answer = exportPage;
  expect((await fleet(app.url, 'export', file)).code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(whole);
});

test('a tag job whose condition no device meets is told, and fails unless that is allowed', async () => {
  const counts = { total: 0, succeeded: 0, failed: 0, pending: 0 };
  answer = judged(() => ({ json: jobOf('j', { engine: 'direct', counts, results: [] }) }));
  const tag = ['tag', '--location', 'Nowhere', '--tags', '{"x":1}'];
  expect(await fleet(app.url, ...tag)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^No device meets that/),
  });
  expect(await fleet(app.url, ...tag, '--allow-empty')).toMatchObject({ code: 0, stderr: '' });
});

function jobOf(jobId: string, more: object = {}) {
  const counts = { total: 2, succeeded: 2, failed: 0, pending: 0 };
  return { jobId, engine: 'queue', state: 'completed', counts, expectedSeconds: 1, failures: [], ...more };
}

test('a tag job is followed, and exits with 1 where a device failed', async () => {
  answer = judged(({ method, url }) => {
    if (method === 'POST') return { status: 202, json: jobOf('j', { state: 'queued' }) };
    const failure = { deviceId: 'b', status: 404, detail: 'There is none.' };
    const counts = { total: 2, succeeded: 1, failed: 1, pending: 0 };
    const isOver = app.received.length > 3;
    const failures = url.searchParams.get('limit') === '1' ? [] : [failure];
    return { json: jobOf('j', isOver ? { counts, failures } : { state: 'running' }) };
  });
  const { code, stdout } = await fleet(app.url, 'tag', 'a', 'b', '--tags', '{"x":1}', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'completed', failures: [{ deviceId: 'b', status: 404 }] });
  expect(JSON.parse(app.received[1]?.body ?? '')).toEqual({ deviceIds: ['a', 'b'], tags: { x: 1 } });
  expect(app.received[1]?.headers['idempotency-key']).toMatch(/^[\w-]{36}$/);
});

const lines = 'deviceId,plant\na,1\n"b","2\n3"\n\nc,4\nd,5\n';

test('an import is cut into chunks, tells the lines of the file, and goes on with the same keys', async () => {
  const file = join(folder, 'devices.csv');
  await writeFile(file, lines);
  const failure = { deviceId: 'c', status: 404, detail: 'There is none.' };
  const counts = { total: 2, succeeded: 1, failed: 1, pending: 0 };
  const posted = () =>
    app.received
      .filter(({ method, url }) => method === 'POST' && !url.searchParams.has('dryRun'))
      .map(({ body, headers }) => ({ body, key: headers['idempotency-key'] }));
  answer = judged(({ body }) =>
    body.includes('c,4') ? { status: 404, json: { detail: 'gone for now' } } : { json: jobOf('first') },
  );
  const first = await fleet(app.url, 'import', file, '--chunk', '2');
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('gone for now\n2 devices are done; the same command goes on at line 5.');
  expect(posted().map(({ body }) => body)).toEqual([
    'deviceId,plant\na,1\n"b","2\n3"\n',
    'deviceId,plant\n\nc,4\nd,5\n',
  ]);
  const { key } = posted()[1] ?? {};
  app.received.length = 0;
  answer = judged(() => ({ json: jobOf('second', { counts, failures: [failure] }) }));
  const second = await fleet(app.url, 'import', file);
  expect(second).toMatchObject({ code: 1, stdout: 'Line 6: c: 404 There is none.\n' });
  expect(second.stderr).toContain('3 of 4 devices tagged.\nNot tagged: 1.');
  expect(posted()[0]).toEqual({ body: 'deviceId,plant\n\nc,4\nd,5\n', key });
  // What was checked is not checked again.
  expect(app.received.filter(({ url }) => url.searchParams.has('dryRun'))).toEqual([]);
  expect(existsSync(`${file}.import`)).toBe(false);
});

test.each([[[]], [['--dry-run']]])(
  'a fault in a late chunk is told by the lines of the file, and nothing is tagged %j',
  async (options) => {
    const file = join(folder, 'faulty.csv');
    await writeFile(file, lines);
    const detail = 'the quote that opens a cell in line 4 is never closed.';
    answer = (request) =>
      request.body.includes('c,4')
        ? { status: 400, json: { lines: [{ line: 3, detail }] } }
        : judged(() => ({}))(request);
    expect(await fleet(app.url, 'import', file, '--chunk', '2', ...options)).toMatchObject({
      code: 1,
      stdout: 'Line 6: the quote that opens a cell in line 7 is never closed.\n',
      stderr: expect.stringMatching(/^4 devices, 1 s .*\nThe file has faults. Nothing was done.\n$/),
    });
    const posted = app.received.filter(({ method }) => method === 'POST');
    expect(posted.map(({ url }) => url.searchParams.get('dryRun'))).toEqual(['true', 'true']);
    expect(existsSync(`${file}.import`)).toBe(false);
    const { stdout } = await fleet(app.url, 'import', file, '--chunk', '2', '--json', ...options);
    expect(JSON.parse(stdout)).toEqual({ line: 6, detail: expect.stringContaining('in line 7') });
  },
);

const bom = '\u{feff}';

test.each([
  ['csv', '\nplant,deviceId\n"x\ny",a\nz,b\n\nz,"a"\n', 7, 'a', 3],
  ['csv', `${bom}deviceId,plant\n17,x\n"17",x\n`, 3, '17', 2],
  ['ndjson', `${bom}{"deviceId":"a"}\n  \n{"deviceId":"b"}\n{"deviceId":"a"}\n`, 4, 'a', 1],
])(
  'a device that stands twice in a file is named with both lines, before the app judges it: %s %j',
  async (format, text, line, deviceId, first) => {
    const file = join(folder, `twice.${format}`);
    await writeFile(file, text);
    answer = judged(() => ({}));
    expect(await fleet(app.url, 'import', file, '--chunk', '1')).toMatchObject({
      code: 1,
      stdout: `Line ${line}: device ${deviceId} stands in line ${first} already; name it once.\n`,
    });
    expect(app.received.filter(({ method }) => method === 'POST')).toEqual([]);
  },
);

test('a file that names no device is refused', async () => {
  const file = join(folder, 'none.csv');
  await writeFile(file, 'deviceId,plant\n');
  answer = judged(() => ({}));
  expect(await fleet(app.url, 'import', file)).toMatchObject({ code: 1, stderr: `${file} names no device.\n` });
});

test('what is not UTF-8 reaches the app as it is, which refuses it', async () => {
  const file = join(folder, 'latin1.csv');
  await writeFile(file, Buffer.from('deviceId,plant\na,Z\u{fc}rich\n', 'latin1'));
  answer = judged(() => ({ json: jobOf('j') }));
  await fleet(app.url, 'import', file);
  expect(app.received.at(-1)?.headers['content-length']).toBe('24');
});

test('an app without tables is sent no keys, and chunks that fit into a request', async () => {
  const detail = 'TWIN_TABLES_ENDPOINT is missing.';
  const without = { status: 500, json: { type: 'urn:device-twins:problem:invalid-setting', detail } };
  const answers = judged(() => ({
    json: jobOf('j', { engine: 'direct', counts: { ...counts, total: 1 }, results: [] }),
  }));
  const counts = { succeeded: 500, failed: 0, pending: 0 };
  answer = (request) =>
    request.url.pathname === '/api/tagJobs/NONE' || request.headers['idempotency-key'] ? without : answers(request);
  const file = join(folder, 'keyless.ndjson');
  await writeFile(file, Array.from({ length: 1000 }, (_, n) => `{"deviceId":"d${n}","tags":{"n":${n}}}\n`).join(''));
  for (const args of [
    ['import', file],
    ['tag', 'a', '--tags', '{"n":1}'],
  ]) {
    expect(await fleet(app.url, ...args)).toMatchObject({ code: 0, stderr: expect.stringContaining(detail) });
  }
  const posted = app.received.filter(({ method, url }) => method === 'POST' && !url.searchParams.has('dryRun'));
  expect(posted.map(({ body }) => body.match(/deviceId/g)?.length)).toEqual([500, 500, 1]);
});
