import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
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
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', home]);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], { cwd: home });
  const [{ filename }] = JSON.parse(packed.stdout);
  await mkdir(join(dir, 'node_modules'));
  await run('tar', ['-xzf', join(dir, filename), '-C', join(dir, 'node_modules')]);
  installed = join(dir, 'node_modules', 'package');
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

it('is typed for who starts it from tests', async () => {
  const text = `import { type IotHub, startIotHub } from './node_modules/package';
    export const start = (): Promise<IotHub> => startIotHub({ port: 0, devices: ['device'] });
    // @ts-expect-error: a port is a number
    startIotHub({ port: '0' });`;
  const file = join(dir, 'program.ts');
  await writeFile(file, text);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--ignoreConfig', '--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const faults = await run(process.execPath, [tsc, ...options, ...types, file]).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
  expect(faults).toBe('');
}, 60_000);
