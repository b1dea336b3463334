import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { openToOthers } from '../support/modes';
import { bundled, freePorts, Lines, runScript } from './system';

let folder: string;
const running = new Set<ChildProcess>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'func-'));
  const standIn = [process.execPath, resolve(bundled('tests/system/standInFunc.ts'))];
  writeFileSync(join(folder, 'func'), `#!/bin/sh\nexec ${standIn.map((part) => `'${part}'`).join(' ')}\n`, {
    mode: 0o755,
  });
});
afterEach(async () => {
  for (const child of running) await stop(child);
  rmSync(folder, { recursive: true });
});

/** `npm run start:func` after its build, with a stand-in for Core Tools; answers what the terminal shows. */
async function startFunc(args: string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<[ChildProcess, Lines]> {
  const start = [bundled('scripts/startFunc.ts'), ...freePorts, '--blob-port', '0', '--state-dir', stateDir()];
  const env = { ...process.env, ...environment, PATH: `${folder}:${process.env.PATH}` };
  const child = spawn(process.execPath, [...start, ...args], { env });
  running.add(child);
  const lines = new Lines(child);
  await lines.match(/^Try: /);
  return [child, lines];
}

const stateDir = () => join(folder, 'state');

async function stop(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}

test('Core Tools get every setting, the certificates of the system beside ours, and a queue that is there', async () => {
  const company = join(folder, 'company.pem');
  writeFileSync(company, `# of the company\n${rootCertificates[0]}\n`);
  const [, lines] = await startFunc([], { SSL_CERT_FILE: company });
  expect(lines.all).toEqual(
    expect.arrayContaining([
      'app | worker=node',
      'app | same storage=true',
      'app | certificates of others=true',
      'app | certificates of the company=true',
      'app | queue tag-jobs=true',
    ]),
  );
  // An answer of the topic, whatever it is, came over TLS that these certificates vouch for.
  expect(lines.all).toContainEqual(expect.stringMatching(/^app \| topic=\d{3}$/));
});

test('the terminal shows what the host says, and no request to the storage', async () => {
  const [, lines] = await startFunc();
  expect(lines.all.filter((line) => line.includes('HTTP/1.1'))).toEqual([]);
  expect(lines.all.length).toBeLessThan(40);
});

test('storage is kept where twins are kept, and nowhere else', async () => {
  const kept = ['--data', join(folder, 'data')];
  const seen = [];
  for (const args of [[], [], kept, kept]) {
    const [child, lines] = await startFunc(args);
    const [, runs] = await lines.match(/runs before this one=(\d+)/);
    const { output } = await runScript('scripts/register.ts', ['d1', '--state-dir', stateDir()]);
    seen.push([Number(runs), output.includes('registered already')]);
    await stop(child);
    expect(openToOthers(stateDir())).toEqual([]);
  }
  expect(openToOthers(join(folder, 'data'))).toEqual([]);
  expect(seen).toEqual([
    [0, false],
    [0, false],
    [0, false],
    [1, true],
  ]);
}, 90_000);
