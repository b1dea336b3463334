import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleFleet } from '../fleet/fleetProcess';
import { bundled, startSystem, stopSystems } from './system';

const run = promisify(execFile);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));

/** A command of a document, as it stands there. */
interface Said {
  file: string;
  command: string;
}

const documents = [
  ...[
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'emulator/README.md',
    'local-host/README.md',
    'findings/README.md',
  ],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Blocks of shell in a document. */
function blocksOf(text: string): string[] {
  return text
    .split(/^```/m)
    .filter((_, index) => index % 2 === 1)
    .flatMap((block) => /^sh\n([\s\S]*)$/.exec(block)?.[1] ?? []);
}

/** Its commands: a line each, with those that go on behind a backslash, and without what is said of it. */
function commandsOf(block: string): string[] {
  const lines = block.replace(/ \\\n\s*/g, ' ').split('\n');
  return lines
    .map((line) => line.replace(/\s{2,}#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const said: Said[] = documents.flatMap((file) =>
  blocksOf(readFileSync(file, 'utf8')).flatMap((block) => commandsOf(block).map((command) => ({ file, command }))),
);

/** Against the system that `npm start` brings up. */
const isOfSystem = ({ command }: Said) =>
  /^curl .*http:\/\/localhost:7071|^npm run (--silent )?(fleet|device)\b/.test(command) &&
  !command.includes('DEVICE_CONNECTION_STRING=');
/** Of the project: whether there is such a script, or test, is seen without running it; CI runs them. */
const ofProject = /^npm (ci|start|test|run|pack)\b|^npx (jest|tsx) |^bash findings\//;
/** What wants Azure, another machine, or rights; or what is the emulator's README's, whose quick starts have a test of their own. */
const elsewhere = [
  ...['az ', 'azd ', 'func ', 'eval ', 'hub=', 'group=', 'key=', 'master=', 'dotnet ', 'docker ', 'git '],
  ...[
    'curl -X POST $SERVICE_APP_ENDPOINT_URL',
    'curl -X PATCH $SERVICE_APP_ENDPOINT_URL',
    'curl $SERVICE_APP_ENDPOINT_URL',
  ],
  ...[
    'curl --include -X POST "$SERVICE_APP_ENDPOINT_URL',
    'DEVICE_CONNECTION_STRING=',
    'node dist/cli.js',
    'r=https://',
  ],
];

/** The scripts and files of the project that a command names and that are not there. */
function missing(command: string): string[] {
  return command.split(' && ').flatMap((each) => {
    const [, script] = /^npm run (?:--silent )?([\w:]+)/.exec(each) ?? [];
    const [, test] = /^npx jest (\S+)/.exec(each) ?? [];
    const [, file] = /^(?:npx tsx|bash) (\S+)/.exec(each) ?? [];
    if (script !== undefined && !(script in scripts)) return [`npm run ${script}`];
    return [test, file].filter((name) => name !== undefined && !existsSync(name)) as string[];
  });
}

const quickStarts = said.filter(({ file }) => file === 'emulator/README.md');

test('every command is of a kind that is looked at', () => {
  expect(said.length).toBeGreaterThan(40);
  const others = said.filter(
    (each) =>
      !isOfSystem(each) &&
      !ofProject.test(each.command) &&
      !quickStarts.includes(each) &&
      !elsewhere.some((start) => each.command.startsWith(start)),
  );
  expect(others).toEqual([]);
});

test('scripts and files that documents name are there', () => {
  expect(said.flatMap(({ file, command }) => missing(command).map((name) => `${file}: ${name}`))).toEqual([]);
  expect(missing('npm ci && npm run sing')).toEqual(['npm run sing']);
  expect(missing('npx jest tests/nowhere.test.ts')).toEqual(['tests/nowhere.test.ts']);
});

/** As headings are addressed. */
const slugOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Links of a document to files and headings of the project that are not there. */
function deadLinks(file: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', heading] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(target)) return [`${file}: ${link}`];
    if (heading === undefined) return [];
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, each = '']) => slugOf(each));
    return headings.includes(heading) ? [] : [`${file}: ${link}`];
  });
}

test('links lead somewhere', () => {
  expect(documents.flatMap((file) => deadLinks(file, readFileSync(file, 'utf8')))).toEqual([]);
  expect(deadLinks('README.md', '[a](docs/sing.md) [b](#sing)')).toEqual([
    'README.md: docs/sing.md',
    'README.md: #sing',
  ]);
});

describe('against a running system', () => {
  let folder: string;
  let system: Awaited<ReturnType<typeof startSystem>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docs-'));
    await bundleFleet(folder);
    system = await startSystem('--devices', '20', '--live', '--live-rate', '1', '--connections');
  }, 60_000);
  afterAll(async () => {
    await stopSystems();
    await rm(folder, { recursive: true });
  });

  /** Runs a command in an empty folder, as if the system listened where the documents say. */
  async function outcomeOf(command: string): Promise<{ code: number; text: string }> {
    const line = command
      .replaceAll('http://localhost:7071', system.url)
      .replace(/^npm run (?:--silent )?fleet(?: --)?/, `node ${join(folder, 'fleet.js')}`)
      .replace(
        /^npm run (?:--silent )?device(?: --)?/,
        `node ${resolve(bundled('scripts/device.ts'))} --state-dir ${system.stateDir}`,
      )
      .replace(/^curl /, 'curl --silent --show-error --fail-with-body ');
    const env = { ...process.env, FLEET_URL: system.url };
    return run('bash', ['-c', line], { cwd: folder, env, timeout: 60_000 }).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      ({ code, stdout, stderr }) => ({ code: Number(code), text: `${stdout}${stderr}` }),
    );
  }

  test.each(said.filter(isOfSystem))(
    '$file: $command',
    async ({ command }) => {
      const { code, text } = await outcomeOf(command);
      expect({ code, fault: code === 0 ? '' : text }).toEqual({ code: 0, fault: '' });
    },
    90_000,
  );

  test('a wrong command is noticed', async () => {
    expect((await outcomeOf('curl http://localhost:7071/api/sing')).code).not.toBe(0);
    expect((await outcomeOf('npm run fleet -- query --colour red')).code).toBe(2);
  });
});
