import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Which folders of this repository the files of a folder may import from. */
const allowed: Record<string, string[]> = {
  src: ['src'],
  emulator: ['emulator'],
  'local-host': ['local-host'],
  device: ['device'],
  fleet: ['fleet'],
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
      const [target = ''] = normalize(join(dirname(file), specifier)).split('/');
      return folders.includes(target) ? [] : [`${file}: ${specifier}`];
    }),
  );
  expect(strays).toEqual([]);
});

test('functions hold no rules: nothing in src/ imports them but the entry', () => {
  const importers = sources.filter((file) => importsOf(file).some((specifier) => /\/functions\//.test(specifier)));
  expect(importers).toEqual(['src/index.ts']);
});

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
}
