import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet } from './fleetProcess';
import { type Received, type Reply, startScriptedApp } from './scriptedApp';

// `script` of util-linux runs a command at a terminal of its own.
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const atATerminal = hasScript ? test : test.skip;

let folder: string;
let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: (request: Received) => Reply;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'terminal-'));
  await bundleFleet(folder);
  app = await startScriptedApp((request) => answer(request));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

/** A command at a terminal: what it shows, and a hand on the keys. */
function typed(...args: string[]) {
  const command = [process.execPath, join(folder, 'fleet.js'), ...args].map((each) => `'${each}'`).join(' ');
  const child = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], {
    env: { ...process.env, FLEET_URL: app.url },
  });
  let shown = '';
  let wake = () => {};
  child.stdout.on('data', (piece: Buffer) => {
    shown += piece.toString();
    wake();
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    type: (keys: string) => child.stdin.write(keys),
    ended,
    shown: () => shown,
    async until(text: string) {
      const over = ended.then(() => Promise.reject(new Error(`It ended without ${text}: ${shown}`)));
      while (!shown.includes(text)) {
        await Promise.race([over, new Promise<void>((resolve) => (wake = resolve))]);
      }
    },
  };
}

atATerminal('what is said on Ctrl-C has a line of its own', async () => {
  const query = typed('query');
  const asked = new Promise<void>((resolve) => {
    answer = () => {
      resolve();
      return 'hang';
    };
  });
  await asked;
  query.type('\u0003');
  expect(await query.ended).toBe(1);
  expect(query.shown().split('\r\n')).toEqual(['^C', 'Interrupted.', '']);
});

atATerminal('more than a hundred devices are tagged only after somebody agreed', async () => {
  const counts = { total: 101, succeeded: 101, failed: 0, pending: 0 };
  const job = { jobId: 'j', engine: 'direct', state: 'completed', counts, expectedSeconds: 1, failures: [] };
  answer = ({ url }) => {
    if (url.pathname === '/api/tagJobs/NONE') return { status: 404 };
    const dryRun = { engine: 'direct', devices: 101, sample: [], expectedSeconds: 1 };
    return { json: url.searchParams.get('dryRun') === 'true' ? dryRun : job };
  };
  const tag = ['tag', '--location', 'A', '--tags', '{"a":1}'];
  for (const [keys, args, code, posts] of [
    ['n\r', [], 1, 0],
    // Ctrl-C and Ctrl-D are no answer.
    ['\u0003', [], 1, 0],
    ['\u0004', [], 1, 0],
    ['y\r', [], 0, 1],
    ['', ['--yes'], 0, 1],
  ] as const) {
    app.received.length = 0;
    const tagging = typed(...tag, ...args);
    if (keys !== '') {
      await tagging.until('Tag 101 devices? [y/N] ');
      tagging.type(keys);
    }
    expect(await tagging.ended).toBe(code);
    const tagged = app.received.filter(({ method, url }) => method === 'POST' && !url.searchParams.has('dryRun'));
    expect(tagged).toHaveLength(posts);
  }
});
