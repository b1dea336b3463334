import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled, freePorts, Lines } from './system';

let folder: string;
const left = new Set<number>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ends-'));
});
afterEach(async () => {
  for (const pid of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  left.clear();
  await rm(folder, { recursive: true });
});

// What runs is read from /proc.
const onLinux = process.platform === 'linux' ? test : test.skip;

/** What a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  const [, , parent] = statusOf(pid)?.split(' ') ?? [];
  return parent === undefined ? undefined : Number(parent);
}

function isAlive(pid: number): boolean {
  const status = statusOf(pid);
  return status !== undefined && !status.startsWith(') Z ');
}

/** What stands behind a process's name in proc(5); nothing where it is gone, which it may be at any moment. */
function statusOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ')');
  } catch {
    return undefined;
  }
}

/** Those that still run after ten seconds: nobody tells of the end of a process that is not ours. */
async function stillAlive(pids: readonly number[]): Promise<number[]> {
  for (let waited = 0; waited < 10_000 && pids.some(isAlive); waited += 50) await sleep(50);
  return pids.filter(isAlive);
}

/** A running `npm start`, as npm runs it: below another process. */
async function start(): Promise<{ npm: ChildProcess; lines: Lines; owner: number; parts: number[] }> {
  const args = [bundled('scripts/start.ts'), ...freePorts, '--state-dir', join(folder, 'state'), '--data', folder];
  const npm = spawn('sh', ['-c', '"$@"; exit $?', 'npm', process.execPath, ...args], {
    env: { ...process.env, npm_lifecycle_event: 'start' },
  });
  const lines = new Lines(npm);
  await lines.match(/^Try: /);
  const [owner = 0] = childrenOf(npm.pid ?? 0);
  const parts = childrenOf(owner);
  for (const pid of [owner, ...parts]) left.add(pid);
  // The hub, storage, the app, and who watches over them.
  expect(parts).toHaveLength(4);
  return { npm, lines, owner, parts };
}

onLinux.each<[string, (system: { npm: ChildProcess; owner: number }) => void]>([
  ['is killed', ({ owner }) => process.kill(owner, 'SIGKILL')],
  ['loses its terminal', ({ owner }) => process.kill(owner, 'SIGHUP')],
  ['is orphaned: npm is killed', ({ npm }) => npm.kill('SIGKILL')],
])('no part outlives npm start that %s', async (_, end) => {
  const { npm, owner, parts } = await start();
  end({ npm, owner });
  expect(await stillAlive([owner, ...parts])).toEqual([]);
});

onLinux('it says where all of it listens and what to try, then what the app says, until Ctrl-C', async () => {
  const { npm, lines, owner, parts } = await start();
  expect(lines.all).toEqual([
    expect.stringMatching(/^hub \| Service API +https:/),
    expect.stringMatching(/^hub \| Devices +mqtts:/),
    expect.stringMatching(/^hub \| AMQP +amqps:/),
    expect.stringMatching(/^hub \| Event Hubs +amqp:/),
    '',
    expect.stringMatching(/^App +http:/),
    expect.stringMatching(/^Page +http:.*\/api\/page$/),
    expect.stringMatching(/^Storage +http:.*tables.*http:.*queues/),
    expect.stringMatching(/^Settings +/),
    expect.stringMatching(/^Data +.*five seconds/),
    '',
    expect.stringMatching(/^Try: /),
  ]);
  const [, url = ''] = await lines.match(/^App +(http:\S+)/);
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/admin/functions/runTwinQueries`, { method: 'POST', headers, body: '{}' });
  await lines.match(/^app \| .*registry: 1 devices/);
  await lines.match(/^app \| .*using cellular: 0/);
  const said = lines.all.slice(lines.all.findIndex((line) => line.startsWith('Try: ')) + 1);
  expect(said.filter((line) => !/(registry|devices in|members)/.test(line))).toEqual([]);
  process.kill(owner, 'SIGINT');
  const [code] = await once(npm, 'exit');
  expect(code).toBe(0);
  expect(await stillAlive(parts)).toEqual([]);
});

onLinux('Ctrl-C behind a closed pipe, as tee leaves it, ends without a fault', async () => {
  const { npm, owner, parts } = await start();
  npm.stdout?.destroy();
  const said: Buffer[] = [];
  npm.stderr?.on('data', (piece: Buffer) => said.push(piece));
  process.kill(owner, 'SIGINT');
  const [code] = await once(npm, 'exit');
  expect({ code, said: Buffer.concat(said).toString() }).toEqual({ code: 0, said: '' });
  expect(await stillAlive(parts)).toEqual([]);
});
