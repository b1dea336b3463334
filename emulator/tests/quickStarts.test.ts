import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmulator, type TestEmulator } from './support/emulator';

/** The quick starts of the README, run as they stand there, but for the ports: a test has them free. */
const readme = readFile(join(__dirname, '../README.md'), 'utf8');

let dir: string;
let emulator: TestEmulator;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quick-start-'));
  await symlink(join(__dirname, '../../node_modules'), join(dir, 'node_modules'));
  emulator = await startEmulator({ devices: ['myDeviceId'] });
  await symlink(emulator.stateDir, join(dir, '.emulator'));
});
afterAll(async () => {
  await emulator.stop();
  await rm(dir, { recursive: true });
});

/** The first block of code below a heading. */
async function blockOf(heading: string): Promise<string> {
  const [, code = ''] = new RegExp(`\n### ${heading}\n.*?\n\`\`\`\\w+\n(.*?)\n\`\`\``, 's').exec(await readme) ?? [];
  return code.replaceAll('8883', String(emulator.hub.ports.mqtt));
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { PATH } = process.env;
  await promisify(execFile)(command, args, { cwd: dir, env: { PATH }, timeout: 20_000 });
}

const python = '/usr/bin/python3';
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

const starts: [language: string, isHere: boolean, start: (code: string) => Promise<void>, reported: string][] = [
  ['Node', true, (code) => run('sh', '-ec', code), 'node'],
  // Debian: mosquitto-clients.
  [
    'mosquitto',
    has('mosquitto_pub', '--version') || has('which', 'mosquitto_pub'),
    (code) => run('sh', '-ec', code),
    'mosquitto',
  ],
  // Debian: python3-paho-mqtt.
  ['Python, paho', has(python, '-c', 'import paho.mqtt'), (code) => run(python, '-c', code), 'paho'],
];

for (const [language, isHere, start, reported] of starts) {
  (isHere ? test : test.skip)(`${language}${isHere ? '' : ' (its client is not on this machine)'}`, async () => {
    await start(await blockOf(language));
    const { text } = await emulator.request({ path: '/twins/myDeviceId?api-version=2021-04-12' });
    const twin = JSON.parse(text);
    expect(twin.properties.reported.started).toBe(reported);
    // Telemetry and the report came in.
    expect(twin.lastActivityTime).not.toMatch(/^0001/);
  });
}
