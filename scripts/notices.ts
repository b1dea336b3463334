import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';

/**
 * Writes the licence notices of the packages that esbuild has put into bundles.
 *
 * Written here, for the tools that do so read what is installed, or other bundlers: what is in a bundle esbuild knows.
 *
 * @param file where they go.
 * @param metafiles what was bundled; their paths are relative to the working directory.
 * @throws Error where a package says of no licence.
 */
export function writeNotices(file: string, metafiles: readonly Metafile[]): void {
  const folders = new Set(metafiles.flatMap(({ inputs }) => Object.keys(inputs).flatMap(packageOf)));
  const notices = new Map([...folders].map((folder) => noticeOf(folder)));
  const texts = [...notices.keys()].sort().map((name) => notices.get(name));
  writeFileSync(file, `This package holds code of others:\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`);
}

/** The folder of the package that a bundled file is of; none for one of ours. */
function packageOf(input: string): string[] {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.split(sep).join('/')) ?? [];
  return folder === undefined ? [] : [folder];
}

/** The name of a package with its version, and its notice. */
function noticeOf(folder: string): [name: string, notice: string] {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.|-|$)/i.test(each));
  if (file === undefined && typeof license !== 'string') {
    throw new Error(`${folder} says of no licence.`);
  }
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
  return [`${name}@${version}`, `${name} ${version}\n\n${text}\n`];
}
