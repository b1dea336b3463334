import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './runScript';

/**
 * What is told of a release: its part of the changelog.
 *
 * @param tag `v1.2.3`
 * @param root of the project.
 * @throws Error that says what keeps the project from being released under this tag.
 */
export function releaseNotes(tag: string, root = '.'): string {
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const version = tag.replace(/^v/, '');
  for (const file of ['package.json', 'emulator/package.json']) {
    const found: string = JSON.parse(read(file)).version;
    if (found !== version) throw new Error(`The tag is ${tag}, the version in ${file} ${found}.`);
  }
  if (read('emulator/package.json').includes('OWNER/REPOSITORY')) {
    throw new Error('emulator/package.json names no repository yet: docs/releasing.md has the command that sets it.');
  }
  const parts = read('CHANGELOG.md').split(/^(?=## \[)/m);
  const part = parts.find((each) => each.startsWith(`## [${version}] - `));
  const notes = part
    ?.split('\n')
    .slice(1)
    .join('\n')
    .replace(/^\[.*\]: .*$/gm, '')
    .trim();
  if (!notes) throw new Error(`CHANGELOG.md says nothing under "## [${version}] - YYYY-MM-DD".`);
  return notes;
}

if (require.main === module) {
  runScript(async () => {
    const [tag = ''] = process.argv.slice(2);
    process.stdout.write(`${releaseNotes(tag)}\n`);
  });
}
