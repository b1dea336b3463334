import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningHost } from './runningHost';

let stateDir: string;
let host: RunningHost;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'timers-'));
});
afterEach(async () => {
  await host.stop(true);
  await rm(stateDir, { recursive: true });
});

const start = async () => {
  host = await RunningHost.start('timers', { YEARLY: '0 0 3 1 1 *' }, stateDir);
};

/** What the next run of a timer told. */
async function run(name: string, from = 0) {
  const line = await host.line(new RegExp(`${name} \\{`), from);
  return JSON.parse(line.slice(line.indexOf('{')));
}

test('a timer runs on time, again and again, and never while it still runs', async () => {
  await start();
  await run('everySecond');
  await host.line(/everySecond ended/);
  await run('everySecond', host.lines.length);
  const told = host.lines.filter((line) => line.includes('everySecond {') || line.includes('everySecond ended'));
  told.forEach((line, index) => {
    expect(line).toContain(index % 2 === 0 ? 'everySecond {' : 'everySecond ended');
  });
  // One that fires more often than once a minute is not monitored.
  expect(await run('everySecond')).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: null,
    isPastDue: false,
  });
});

test('one runs at the start where it asks for it, and its next run is kept', async () => {
  await start();
  expect(await run('atStart')).toMatchObject({ isPastDue: false });
  await host.line(/Executed 'Functions.atStart' \(Succeeded/);
  await host.stop(true);
  const kept = JSON.parse(await readFile(join(stateDir, 'timers.json'), 'utf8'));
  const next = new Date(kept.atStart.Next);
  expect([next.getMonth(), next.getDate(), next.getHours()]).toEqual([0, 1, 3]);
  expect(host.lines.join('\n')).not.toMatch(/yearly \{/);
});

test('one whose time went by while the host was down runs at once, and is told so', async () => {
  const status = {
    Last: '2020-01-01T03:00:00.000Z',
    Next: '2021-01-01T03:00:00.000Z',
    LastUpdated: '2020-01-01T03:00:00.000Z',
  };
  await writeFile(join(stateDir, 'timers.json'), JSON.stringify({ yearly: status, unwatched: status }));
  await start();
  expect(await run('yearly')).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: { last: status.Last, next: status.Next, lastUpdated: status.LastUpdated },
    isPastDue: true,
  });
  await host.line(/Executed 'Functions.yearly' \(Succeeded/);
  expect(host.lines.join('\n')).not.toMatch(/unwatched \{/);
});

test('one that fails is run again as its policy says', async () => {
  await start();
  await host.line(/failing \{"retry":2\}/);
  const runs = host.lines.filter((line) => line.startsWith('failing'));
  expect(runs).toEqual([0, 1, 2].map((retry) => `failing {"retry":${retry}}`));
});

test('the next five times of a timer are logged at its start', async () => {
  await start();
  const first = await host.line(/The next 5 occurrences of the 'yearly' schedule \(0 0 3 1 1 \*\) will be:/);
  const at = host.lines.indexOf(first);
  const years = host.lines.slice(at + 1, at + 6).map((line) => new Date(line.trim()).getFullYear());
  expect(years).toEqual([1, 2, 3, 4, 5].map((next) => new Date().getFullYear() + next));
});
