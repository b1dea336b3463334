import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet, fleet, fleetReading } from './fleetProcess';
import { type Received, type Reply, startScriptedApp } from './scriptedApp';

let folder: string;
let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: (request: Received) => Reply;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imports-'));
  await bundleFleet(folder);
  app = await startScriptedApp((request) => answer(request));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  app.received.length = 0;
  answer = (request) => {
    if (request.url.pathname === '/api/tagJobs/NONE') return { status: 404 };
    if (request.method !== 'POST') return { json: { count: 0, devices: [] } };
    return isEmpty(request) ?? (isCheck(request) ? { json: { devices: 1 } } : { json: jobOf(request) });
  };
});

const isCheck = ({ url }: Received) => url.searchParams.get('dryRun') === 'true';

/** As the app answers a body in which no device has a tag. */
function isEmpty({ body }: Received): Reply | undefined {
  if (/[,;\t]\w|"tags"/.test(body.replace(/^deviceId.*/, ''))) return undefined;
  return { status: 400, json: { detail: 'There is no tag in it, so nothing would be written.', path: 'tags' } };
}

function jobOf({ body }: Received) {
  const total = body.trim().split('\n').length - 1;
  const counts = { total, succeeded: total, failed: 0, pending: 0 };
  return { jobId: 'j', engine: 'queue', state: 'completed', counts, expectedSeconds: 1, failures: [] };
}

const posted = () => app.received.filter((request) => request.method === 'POST' && !isCheck(request));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test('what is not there is told in words', async () => {
  const path = join(folder, 'missing.csv');
  expect(await fleet(app.url, 'import', path)).toMatchObject({
    code: 1,
    stderr: `${path}: there is no such file or folder.\n`,
  });
});

test('an export whose folder is not there says so before it asks for anything', async () => {
  const path = join(folder, 'nowhere', 'out.csv');
  const { code, stderr } = await fleet(app.url, 'export', path);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `${join(folder, 'nowhere')}: there is no such file or folder.\n`,
  });
  expect(app.received).toEqual([]);
});

test('an import says why, with each chunk', async () => {
  const path = await file('why.csv', 'deviceId,plant\na,1\nb,1\n');
  await fleet(app.url, 'import', path, '--chunk', '1', '--reason', 'moved to 1');
  expect(posted().map(({ url }) => url.searchParams.get('reason'))).toEqual(['moved to 1', 'moved to 1']);
});

test('an import that nobody wants to take back has the app read no twin', async () => {
  const path = await file('unread.csv', 'deviceId,plant\na,1\n');
  await fleet(app.url, 'import', path, '--no-undo');
  expect(posted().map(({ url }) => url.searchParams.get('undoable'))).toEqual(['false']);
});

test('standard input is imported as a file is, and nothing of it stays behind', async () => {
  const { TMPDIR } = process.env;
  const own = join(folder, 'spool');
  await mkdir(own);
  process.env.TMPDIR = own;
  const outcome = await fleetReading('deviceId,plant\na,1\nb,2\n', app.url, 'import', '-', '--format', 'csv');
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('2 of 2 devices tagged.') });
  expect(posted().map(({ body }) => body)).toEqual(['deviceId,plant\na,1\nb,2\n']);
  expect(await readdir(own)).toEqual([]);
});

test.each(['utf16le', 'with the other byte first'])('a list in UTF-16 is sent as UTF-8: %s', async (order) => {
  const bytes = Buffer.from('\ufeffdeviceId;plant\r\na;1\r\n', 'utf16le');
  const path = await file('wide.csv', order === 'utf16le' ? bytes : bytes.swap16());
  expect(await fleet(app.url, 'import', path)).toMatchObject({ code: 0 });
  expect(posted().map(({ body }) => body)).toEqual(['deviceId;plant\r\na;1\r\n']);
});

test('what a spreadsheet makes of a list goes chunk by chunk with its header, and is counted without empty rows', async () => {
  const path = await file('sheet.csv', 'sep=;\r\nDevice ID;plant;\r\na;1;\r\nb;2;\r\n;;\r\n;;\r\n');
  const { code, stderr } = await fleet(app.url, 'import', path, '--chunk', '1');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^2 devices, /) });
  expect(posted().map(({ body }) => body.trim())).toEqual([
    'sep=;\r\nDevice ID;plant;\r\na;1;',
    expect.stringMatching(/^sep=;\r\nDevice ID;plant;\r\nb;2;/),
  ]);
});

test.each([
  ['sep=;\ndeviceId;plant\na;1\n', 'semicolons'],
  ['deviceId\tplant\na\t1\n', 'tabs'],
  ['deviceId,plant\na,1\n', 'commas'],
])('a trial says how %j is read', async (text, separator) => {
  const { stdout } = await fleet(app.url, 'import', await file('trial.csv', text), '--dry-run');
  expect(stdout).toBe(`Nothing was done. 1 devices can be tagged. Cells stand between ${separator}.\n`);
});

test.each([
  ['\ufeffsep=,\ndeviceId;note\na;"x,\ny"\nb c;2\n', 'semicolon'],
  ['\ufeffdeviceId;note\na;"x,\ny"\nb c;2\n', ';'],
])('what --separator says goes before what %j says, and lines stay those of the file', async (text, separator) => {
  const path = await file('said.csv', text);
  const { stdout } = await fleet(app.url, 'import', path, '--separator', separator);
  const line = text.includes('sep=') ? 5 : 4;
  expect(stdout).toBe(`Line ${line}: 'b c': A device id has 1 to 128 ASCII letters, digits or -:.+%_#*?!(),=@;$'.\n`);
  await file('said.csv', text.replace('b c', 'b'));
  const outcome = await fleet(app.url, 'import', path, '--separator', separator, '--chunk', '1');
  expect(outcome).toMatchObject({ code: 0 });
  const head = text.includes('sep=') ? 'sep=;\n\ndeviceId;note\n' : 'sep=;\ndeviceId;note\n';
  expect(posted().map(({ body }) => body)).toEqual([`${head}a;"x,\ny"\n`, `${head}b;2\n`]);
});

test.each([
  [['a.csv', '--separator', '|'], "--separator is comma, semicolon, tab, not '|'."],
  [['a.ndjson', '--separator', 'tab'], '--separator is of CSV.'],
])('%j is wrong usage', async (args, fault) => {
  const { code, stderr } = await fleet(app.url, 'import', ...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(fault) });
});

test('every bad id is named at once, by its line', async () => {
  const ids = Array.from({ length: 60 }, (_, n) => (n % 2 ? `d${n}` : `d ${n}`));
  const path = await file('ids.csv', `deviceId,plant\n${ids.map((id) => `${id},A\n`).join('')}`);
  const { code, stdout, stderr } = await fleet(app.url, 'import', path);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'The file has faults. Nothing was done.\n' });
  const told = stdout.trim().split('\n');
  expect(told).toHaveLength(30);
  expect(told[29]).toBe(`Line 60: 'd 58': A device id has 1 to 128 ASCII letters, digits or -:.+%_#*?!(),=@;$'.`);
  expect(posted()).toEqual([]);
});

test('an import that would write nothing is refused, and says so', async () => {
  const path = await file('nothing.csv', 'deviceId,plant\na,\nb,\nc,\n');
  const { code, stderr } = await fleet(app.url, 'import', path, '--chunk', '2');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('nothing would be written') });
  expect(posted()).toEqual([]);
  expect(existsSync(`${path}.import`)).toBe(false);
});

test('a chunk without a tag is no fault of a file that has some', async () => {
  const path = await file('gap.csv', 'deviceId,plant\na,x\nb,x\nc,\nd,\ne,x\n');
  const { code, stderr } = await fleet(app.url, 'import', path, '--chunk', '2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('5 of 5 devices tagged.') });
});

test('an id that stands as a JSON string is the same device', async () => {
  const path = await file('formula.csv', 'deviceId,plant\n"""=1+1""",x\n=1+1,x\n');
  expect(await fleet(app.url, 'import', path)).toMatchObject({
    code: 1,
    stdout: 'Line 3: device =1+1 stands in line 2 already; name it once.\n',
  });
});

test("what is kept to go on from is this user's alone", async () => {
  const data = join(folder, 'kept');
  await mkdir(data);
  const gone: Reply = { status: 404, json: { detail: 'gone for now' } };
  const [csv, out] = [join(data, 'in.csv'), join(data, 'out.csv')];
  await writeFile(csv, 'deviceId,plant\na,1\n');
  const before = answer;
  answer = (request) => {
    if (request.url.searchParams.get('continuation')) return gone;
    if (request.url.pathname !== '/api/devices') return posted().includes(request) ? gone : before(request);
    if (request.url.searchParams.has('count')) return { json: { count: 2, devices: [] } };
    return { text: 'deviceId\na\n', headers: { link: '</api/devices?continuation=p1>; rel="next"' } };
  };
  expect((await fleet(app.url, 'import', csv)).code).toBe(1);
  expect((await fleet(app.url, 'export', out)).code).toBe(1);
  for (const kept of [`${csv}.import`, `${out}.resume`]) expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect(await readFile(out, 'utf8')).toBe('deviceId\na\n');
});
