import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { build } from 'esbuild';
import { type Cli, startCli } from './support/cli';

const run = promisify(execFile);
const root = join(__dirname, '../..');
const home = join(root, 'emulator');

let dir: string;
/** The package as it would be installed, and nothing beside it. */
let installed: string;
let cli: Cli | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'packed-'));
  await run(process.execPath, ['--import', 'tsx', '../scripts/buildEmulator.ts', '--types'], { cwd: home });
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], { cwd: home });
  const [{ filename }] = JSON.parse(packed.stdout);
  await mkdir(join(dir, 'node_modules'));
  await run('tar', ['-xzf', join(dir, filename), '-C', join(dir, 'node_modules')]);
  installed = join(dir, 'node_modules', 'iot-hub-emulator');
  await rename(join(dir, 'node_modules', 'package'), installed);
}, 60_000);
afterEach(async () => {
  cli?.process.kill('SIGTERM');
  await cli?.ended;
  cli = undefined;
});
afterAll(() => rm(dir, { recursive: true }));

async function start(...args: string[]) {
  cli = startCli(['--device', 'myDeviceId', '--state-dir', join(dir, 'state'), ...args], process.env, {
    cli: join(installed, 'dist/cli.js'),
  });
  await cli.ready();
  return parseEnv(await readFile(join(dir, 'state/env'), 'utf8'));
}

/** Runs a program as a user would who installed the SDK beside it. */
async function program(text: string, env: NodeJS.Dict<string>): Promise<string> {
  const file = join(dir, 'program.cjs');
  await writeFile(file, text);
  const { NODE_EXTRA_CA_CERTS, IOTHUB_CONNECTION_STRING } = env;
  const paths = { NODE_PATH: join(root, 'node_modules'), NODE_EXTRA_CA_CERTS, IOTHUB_CONNECTION_STRING };
  return (await run(process.execPath, [file], { env: { ...process.env, ...paths } })).stdout;
}

const askForTwin = `
  registry.getTwin('myDeviceId').then(({ responseBody }) => console.log(responseBody.deviceId, responseBody.version));`;

/** The lines of the README that lead the service SDK to a port of one's own. */
async function readmeLines(): Promise<string> {
  const readme = await readFile(join(installed, 'README.md'), 'utf8');
  const [, lines = ''] = /## Service SDK[\s\S]*?```js\n([\s\S]*?)```/.exec(readme) ?? [];
  return lines;
}

it('starts with no other file, and serves the service SDK by the lines of its README', async () => {
  const env = await start();
  expect(await program((await readmeLines()) + askForTwin, env)).toBe('myDeviceId 2\n');
});

it('serves plain connection strings on port 443, or says that it may not', async () => {
  try {
    const env = await start('--port', '443');
    expect(env.IOTHUB_CONNECTION_STRING).toMatch(/^HostName=localhost;/);
    const plain = `const registry = require('azure-iothub').Registry.fromConnectionString(process.env.IOTHUB_CONNECTION_STRING);`;
    expect(await program(plain + askForTwin, env)).toBe('myDeviceId 2\n');
  } catch (error) {
    expect(String(error)).toMatch(/EACCES|The port is taken: service API \(--port 443\)/);
  }
});

it('prints its help and ends', async () => {
  const help = startCli(['--help'], process.env, { cli: join(installed, 'dist/cli.js') });
  const [code] = await once(help.process, 'close');
  expect([code, help.stdout()]).toEqual([0, expect.stringContaining('Usage: iot-hub-emulator')]);
});

/** What the compiler has to say of a program beside the package, all declarations of the package read too. */
async function compiled(name: string, text: string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--ignoreConfig', '--strict', '--noEmit', '--skipLibCheck', 'false'];
  const modules = ['--module', 'nodenext', '--target', 'es2022', '--types', ''];
  return run(process.execPath, [tsc, ...options, ...modules, file]).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
}

const typed = `import { type IotHub, type FaultInput, startIotHub } from 'iot-hub-emulator';
  export const start = (): Promise<IotHub> => startIotHub({ port: 0, devices: ['device'] });
  export const fault: FaultInput = { fault: { kind: 'delay', ms: 5 } };
  // @ts-expect-error: a port is a number
  startIotHub({ port: '0' });`;

it.each(['program.cts', 'program.mts'])(
  'is typed for who starts it from tests, with nothing else installed: %s',
  async (name) => {
    expect(await compiled(name, typed)).toBe('');
  },
  60_000,
);

it('its declarations lead to no other package', async () => {
  const files = await readdir(join(installed, 'dist'), { recursive: true });
  const declarations = files.filter((file) => /\.d\.m?ts$/.test(file));
  expect(declarations).toContain('types/index.d.ts');
  for (const file of declarations) {
    const text = await readFile(join(installed, 'dist', file), 'utf8');
    expect([...text.matchAll(/from '([^.'][^']*)'/g)].map(([, from]) => from)).toEqual([]);
  }
});

it('brings the notices of all that is bundled', async () => {
  const notices = await readFile(join(installed, 'dist/NOTICES.txt'), 'utf8');
  const { metafile } = await build({
    entryPoints: [join(home, 'src/cli.ts')],
    ...{ bundle: true, platform: 'node', external: ['lmdb'], alias: { 'readable-stream': 'node:stream' } },
    ...{ metafile: true, write: false, outdir: dir },
  });
  const paths = Object.keys(metafile.inputs);
  const names = new Set(paths.flatMap((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  expect(names).toContain('rhea');
  expect([...names].filter((name) => !new RegExp(`^${name} \\d`, 'm').test(notices))).toEqual([]);
});

/** A test of somebody who installed the package, in a project of theirs. */
const consumers = [
  [
    'jest',
    'jest/bin/jest.js',
    ['--rootDir', '.'],
    'hub.test.js',
    `const { startIotHub } = require('iot-hub-emulator');`,
  ],
  [
    'vitest',
    'vitest/vitest.mjs',
    ['run'],
    'hub.test.mjs',
    `import { expect, test } from 'vitest';\nimport { startIotHub } from 'iot-hub-emulator';`,
  ],
] as const;

it.each(consumers)(
  'serves the tests of others: %s',
  async (name, program, args, file, head) => {
    const project = join(dir, name);
    await mkdir(join(project, 'node_modules'), { recursive: true });
    for (const each of ['iot-hub-emulator', name]) {
      const target = each === name ? join(root, 'node_modules', name) : installed;
      await symlink(target, join(project, 'node_modules', each));
    }
    await writeFile(join(project, 'package.json'), '{}');
    const text = `${head}
      test('a hub starts and stops', async () => {
        const hub = await startIotHub({ port: 0, mqttPort: 0, amqpPort: 0, amqpsPort: 0, stateDir: 'state', devices: ['d'] });
        expect(hub.deviceConnectionString('d')).toContain('DeviceId=d');
        await hub.stop();
      });`;
    await writeFile(join(project, file), text);
    const { stdout, stderr } = await run(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: project,
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(`${stdout}${stderr}`).toMatch(/Tests:? +1 passed/);
  },
  60_000,
);
