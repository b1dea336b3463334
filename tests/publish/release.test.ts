import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { releaseNotes } from '../../scripts/releaseNotes';

/** The command of docs/releasing.md that names the repository. */
const [, namesRepository = ''] =
  /^```sh\n(.*npm pkg set.*)\n```/m.exec(readFileSync('docs/releasing.md', 'utf8')) ?? [];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'release-'));
  for (const file of ['package.json', 'emulator/package.json', 'CHANGELOG.md']) cpSync(file, join(root, file));
  cpSync('local-host/package.json', join(root, 'local-host/package.json'));
});
afterEach(() => rmSync(root, { recursive: true }));

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
}

/** What a maintainer does before the tag, by the document. */
function prepare(): void {
  execFileSync('bash', ['-ec', namesRepository], { cwd: root, env: { ...process.env, npm_config_offline: 'true' } });
  for (const file of ['package.json', 'emulator/package.json']) {
    edit(file, (text) => text.replace(/"version": ".*"/, '"version": "1.2.3"'));
  }
  edit(
    'CHANGELOG.md',
    (text) => `${text}\n## [1.2.3] - 2026-12-01\n\n### Added\n\n- Much.\n\n## [1.2.2] - 2026-11-30\n\n- Less.\n`,
  );
}

test('a release that was prepared tells its part of the changelog', () => {
  prepare();
  expect(releaseNotes('v1.2.3', root)).toBe('### Added\n\n- Much.');
  const { repository, bugs, homepage } = JSON.parse(readFileSync(join(root, 'emulator/package.json'), 'utf8'));
  expect({ repository, bugs, homepage }).toEqual({
    repository: { type: 'git', url: 'git+https://github.com/me/twins.git', directory: 'emulator' },
    bugs: 'https://github.com/me/twins/issues',
    homepage: 'https://github.com/me/twins#readme',
  });
});

test.each([
  ['another version', () => {}, 'v1.2.4', /The tag is v1\.2\.4, the version in package\.json 1\.2\.3\./],
  [
    'an emulator of another version',
    () => edit('emulator/package.json', (text) => text.replace('1.2.3', '1.2.2')),
    'v1.2.3',
    /the version in emulator\/package\.json 1\.2\.2/,
  ],
  [
    'no repository',
    () => edit('emulator/package.json', (text) => text.replaceAll('me/twins', 'OWNER/REPOSITORY')),
    'v1.2.3',
    /docs\/releasing\.md has the command/,
  ],
  [
    'nothing in the changelog',
    () => edit('CHANGELOG.md', (text) => text.replace('## [1.2.3] - 2026-12-01', '## Later')),
    'v1.2.3',
    /CHANGELOG\.md says nothing under "## \[1\.2\.3\]/,
  ],
])('with %s nothing is released', (_, change, tag, fault) => {
  prepare();
  change();
  expect(() => releaseNotes(tag, root)).toThrow(fault);
});

test('the project as it stands is not released: it names no repository', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(() => releaseNotes(`v${version}`)).toThrow(/names no repository yet/);
});

test('the container of the emulator is well formed, not root, and says how it is', () => {
  const text = readFileSync('emulator/Dockerfile', 'utf8');
  expect(validate(text)).toEqual([]);
  expect(text).toMatch(/^USER node$/m);
  expect(text).toMatch(/^HEALTHCHECK /m);
  expect(validate(text.replace('HEALTHCHECK', 'HEALTHCHEK'))).not.toEqual([]);
});
