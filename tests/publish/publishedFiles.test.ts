import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedFiles } from '../../scripts/publishedFiles';
import { azdPublishes, azdTakesLocalBuild } from './azd';
import { coreToolsPublishes } from './coreTools';

const list = readFileSync('.funcignore', 'utf8');

/** What lies beside the files of the repository where somebody works on it. */
const besides = [
  ...['dist/app.zip', 'dist/index.d.ts', 'dist/dist/index.js', 'emulator/dist/cli.js', 'emulator/dist/package.json'],
  ...['node_modules/.bin/tsx', 'node_modules/.cache/bicep/bicep', 'node_modules/.package-lock.json'],
  ...['node_modules/@azure/functions/package.json', 'node_modules/dist/index.js', 'node_modules/host.json'],
  ...['node_modules/iot-hub-emulator/dist/cli.js', 'node_modules/zod/index.js', 'local-host/node_modules/croner/x.js'],
  ...['.azure/dev/.env', '.emulator/ca.pem', '.emulator/env', '.emulator/data/hub.mdb', '.emulator/azurite/a.json'],
  ...['.env', '.env.local', '.git/HEAD', '.git/index', '.idea/workspace.xml', '.DS_Store', 'local.settings.json'],
  ...['AzuriteConfig', '__azurite_db_queue__.json', '__blobstorage__/a', 'coverage/lcov.info', 'coverage/index.js'],
  ...['fleet.csv', 'fleet.csv.resume', 'notes.txt', 'host.txt', 'package.tgz', 'packages/x/package.json', 'a.pem'],
  ...['メモ/日本.txt'],
];

function repositoryFiles(folder = '.'): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name).replaceAll('\\', '/');
    if (['node_modules', 'dist', '.git'].includes(entry.name)) return [];
    return entry.isDirectory() ? repositoryFiles(path) : [path];
  });
}

const tree = [...new Set([...repositoryFiles(), ...besides, ...publishedFiles])];

/** What a list would publish besides what is meant (`+`), and what it would leave out of it (`-`). */
function differences(published: readonly string[]): string[] {
  return [
    ...published.filter((file) => !publishedFiles.includes(file)).map((file) => `+${file}`),
    ...publishedFiles.filter((file) => !published.includes(file)).map((file) => `-${file}`),
  ];
}

const byAzd = (text: string) => differences(azdPublishes(text, tree));
const byCoreTools = (text: string) => differences(coreToolsPublishes(text, tree));

test('azd and Core Tools publish what npm run package packs, and no other file', () => {
  expect(tree.length).toBeGreaterThan(500);
  expect(byAzd(list)).toEqual([]);
  expect(byCoreTools(list)).toEqual([]);
});

test('azd takes the package as it is', () => {
  expect(readFileSync('azure.yaml', 'utf8')).toMatch(/^ {4}remoteBuild: false$/m);
  expect(azdTakesLocalBuild(list)).toBe(true);
});

test.each(list.split('\n').filter((line) => /^[^#]/.test(line)))('the line %s is needed', (line) => {
  const without = list.replace(`${line}\n`, '');
  expect([...byAzd(without), ...byCoreTools(without), azdTakesLocalBuild(without)]).not.toEqual([true]);
});

const scripts = publishedFiles.filter((file) => /^dist.[^/]+\.js$/.test(file));
const withRule = (rule: string, other: string) => list.replace(`\n${rule}\n`, `\n${other}\n`);
const atTheEnd = (rule: string) => `${list.replace(`\n${rule}\n`, '\n')}${rule}\n`;
const without = (files: readonly string[]) => files.map((file) => `-${file}`);

describe('by the rules of azd', () => {
  test('the last line that matches decides', () => {
    expect(byAzd(atTheEnd('**'))).toEqual(without(publishedFiles));
    expect(byAzd(`${list}package.json\n`)).toEqual(['-package.json']);
  });

  test('no file comes out of a folder that is left out', () => {
    const files = publishedFiles.filter((file) => file.startsWith('dist/'));
    expect(byAzd(withRule('!/dis[t]', '!/dist/index.js'))).toEqual(without(files));
  });

  test('brackets stand for one of their letters', () => {
    expect(byAzd(withRule('!/dis[t]', '!/dis[abct]'))).toEqual([]);
    expect(byAzd(withRule('!/dis[t]', '!/dis[s]'))).not.toEqual([]);
  });

  test('a name is meant in every folder, unless a slash is in front', () => {
    expect(byAzd(withRule('!/host.json', '!host.json'))).toEqual(['+node_modules/host.json']);
  });

  test('a star goes over slashes in a name with a slash in front, and nowhere else', () => {
    expect(byAzd(withRule('!/dist/openapi.json', '!/dis*json'))).toEqual([]);
    expect(byAzd(withRule('!/dist/openapi.json', '!dis*json'))).toEqual(['-dist/openapi.json']);
    expect(byAzd(withRule('!/dist/*.js', '!/dist/*'))).toEqual(['+dist/app.zip', '+dist/index.d.ts']);
  });

  test('a slash at the end means folders', () => {
    expect(byAzd(withRule('!/dis[t]', '!/dis[t]/'))).toEqual([]);
    expect(byAzd(withRule('!/host.json', '!/host.json/'))).toEqual(['-host.json']);
  });

  test('two stars are any folders, or none', () => {
    expect(byAzd(withRule('!/host.json', '!/**/host.json'))).toEqual(['+node_modules/host.json']);
  });

  test('a local build is refused where node_modules is left out as a folder', () => {
    expect(azdTakesLocalBuild('**\n')).toBe(false);
    expect(azdTakesLocalBuild('*\n')).toBe(false);
    expect(azdTakesLocalBuild('node_modules/\n')).toBe(false);
    expect(azdTakesLocalBuild('node_modules/*\n')).toBe(true);
    expect(azdTakesLocalBuild('**\n!/dist\n')).toBe(false);
  });

  test('some files stay out whatever the list says', () => {
    const files = ['.funcignore', '.azure/dev/.env', 'a/local.settings.json', '.gitignore', '.git/x', 'azure/.azure'];
    expect(azdPublishes('', files)).toEqual(['.gitignore', '.git/x', 'azure/.azure']);
  });
});

describe('by the rules of Core Tools', () => {
  test('what is let in is let in wherever that stands', () => {
    expect(byCoreTools(atTheEnd('**'))).toEqual([]);
    expect(byCoreTools(`${list}package.json\n`)).toEqual([]);
  });

  test('a folder that is let in brings all of its files', () => {
    expect(byCoreTools(withRule('!/dis[t]', '!/dist'))).toEqual(
      expect.arrayContaining(['+dist/app.zip', '+dist/dist/index.js']),
    );
    expect(byCoreTools(withRule('!/node_module[s]', '!/node_modules'))).toContain('+node_modules/zod/index.js');
  });

  test('files come out of a folder that is left out', () => {
    expect(byCoreTools(withRule('!/dis[t]', 'dist'))).toEqual([]);
  });

  test('brackets stand for themselves', () => {
    expect(byCoreTools(withRule('!/host.json', '!/hos[t].json'))).toEqual(['-host.json']);
  });

  test('a name is meant at the top, with or without a slash in front', () => {
    expect(byCoreTools(withRule('!/host.json', '!host.json'))).toEqual([]);
    expect(byCoreTools(withRule('!/dist/*.js', '!index.js'))).toEqual(without(scripts));
  });

  test('a star does not go over slashes, two do', () => {
    expect(byCoreTools(withRule('!/dist/*.js', '!/*.js'))).toEqual(without(scripts));
    expect(byCoreTools(withRule('!/dist/*.js', '!/**.js'))).toContain('+dist/dist/index.js');
  });

  test('a beginning ends where a word does', () => {
    expect(byCoreTools(withRule('!/host.json', '!/host'))).toEqual(['+host.txt']);
    expect(byCoreTools(withRule('!/host.json', '!/hos'))).toEqual(['-host.json']);
    expect(byCoreTools(withRule('**', '*'))).toEqual(['+メモ/日本.txt']);
  });

  test('some files stay out whatever the list says', () => {
    const files = [
      '.funcignore',
      'a/.gitignore',
      'Local.settings.json',
      'project.lock.json',
      '.vscode/x',
      'a/.git/x',
      'x',
    ];
    expect(coreToolsPublishes('', files)).toEqual(['x']);
  });
});
