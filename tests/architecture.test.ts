import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Which folders and modules of this repository the files of a folder may import from. */
const allowed: Record<string, string[]> = {
  src: ['src'],
  emulator: ['emulator'],
  'local-host': ['local-host'],
  device: ['device'],
  fleet: ['fleet', 'src/hub/quotas', 'src/formats/readCsv'],
  scripts: ['scripts', 'src', 'device'],
};

const sources = Object.keys(allowed).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => /\.ts$/.test(file) && !/node_modules|dist|tests|generated/.test(file)),
);

test.each(Object.entries(allowed))('%s/ imports from nowhere else', (folder, folders) => {
  const files = sources.filter((file) => file.startsWith(`${folder}/`));
  expect(files.length).toBeGreaterThan(0);
  const strays = files.flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      if (specifier === 'iot-hub-emulator' || specifier === 'functions-local-host') return [`${file}: ${specifier}`];
      if (!specifier.startsWith('.')) return [];
      const target = normalize(join(dirname(file), specifier));
      return folders.some((each) => `${target}/`.startsWith(`${each}/`)) ? [] : [`${file}: ${specifier}`];
    }),
  );
  expect(strays).toEqual([]);
});

test('what the command line shares with the app brings nothing else of the app with it', () => {
  const shared = (allowed.fleet ?? []).filter((each) => each.startsWith('src/'));
  const brought = shared.flatMap((module) =>
    [...readFileSync(`${module}.ts`, 'utf8').matchAll(/^import (?!type ).*/gm)].map(([line]) => `${module}: ${line}`),
  );
  expect(brought).toEqual([]);
});

test('functions hold no rules: nothing in src/ imports them but the entry', () => {
  const importers = sources.filter((file) => importsOf(file).some((specifier) => /\/functions\//.test(specifier)));
  expect(importers).toEqual(['src/index.ts']);
});

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
}
