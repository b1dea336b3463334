import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFleet, fleet } from '../fleet/fleetProcess';
import { startSystem, stopSystems } from './system';

const questions = readFileSync('docs/questions.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, question, command, request] = /^\| (.*\?) \| `(.*)` \| `GET (.*)` \|$/.exec(line) ?? [];
    return question && command && request ? [{ question, command, request }] : [];
  });

let folder: string;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'questions-'));
  await bundleFleet(folder);
  ({ url } = await startSystem('--devices', '60', '--live', '--live-rate', '20', '--connections'));
  // Something has happened to the first device, and the lists of members know it.
  await fleet(url, 'tag', 'sim-000001', '--set', 'plant=Redmond43', '--set', 'tags.asked=true');
  await told('/api/devices/sim-000001/changes', ({ changes = [] }) => changes.length > 0);
  await told('/api/locations/devices?location=Redmond43', ({ devices = [] }) => devices.length > 0);
}, 60_000);
afterAll(async () => {
  await stopSystems();
  await rm(folder, { recursive: true });
});

/** Asks until an event has been heard of. */
async function told(path: string, isTold: (answer: Record<string, unknown[]>) => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const answer = await fetch(`${url}${path}`);
    if (isTold((await answer.json()) as Record<string, unknown[]>)) return;
  }
  throw new Error(`${path} was told of nothing.`);
}

/** The arguments as a shell makes them: what stands between single quotes is one. */
function argumentsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare = '']) => quoted ?? bare);
}

function encoded(request: string): string {
  const [path = '', query = ''] = request.split('?');
  const parameters = query.split('&').flatMap((each) => {
    const at = each.indexOf('=');
    return at < 0 ? [] : [[each.slice(0, at), each.slice(at + 1)] as [string, string]];
  });
  return `${path}?${new URLSearchParams(parameters)}`;
}

test('there are fourteen', () => {
  expect(questions).toHaveLength(14);
});

test.each(questions)('$question', async ({ command, request }) => {
  const { code, stdout, stderr } = await fleet(url, ...argumentsOf(command));
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/^No /m) });
  const answer = await fetch(`${url}${encoded(request)}`);
  const body = await answer.json();
  expect({ status: answer.status, body }).toMatchObject({ status: 200 });
  // Both have something to tell.
  expect(stdout.trim().split('\n').length).toBeGreaterThan(1);
  const lists = Object.values(body as object).filter(Array.isArray);
  for (const list of lists) expect(list).not.toHaveLength(0);
});
