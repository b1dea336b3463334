import { readFileSync } from 'node:fs';

/** Licences that ask for no more than a notice (SPDX identifiers). */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

interface Locked {
  license?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages }: { packages: Record<string, Locked> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const notices = readFileSync('NOTICES.md', 'utf8');

/** Where Node finds a package from a folder, by its own rule. */
function placeOf(name: string, from: string): string | undefined {
  const folders = from.split('/');
  for (let depth = folders.length; depth >= 0; depth--) {
    const place = [...folders.slice(0, depth), 'node_modules', name].filter(Boolean).join('/');
    if (packages[place]) return place;
  }
  return undefined;
}

/** What is shipped: what the app depends on; and of the bundled packages all, for the bundles hold what they are built from. */
function shipped(): string[] {
  const places = new Set<string>();
  const add = (names: object | undefined, from: string) => {
    for (const name of Object.keys(names ?? {})) {
      const place = placeOf(name, from);
      if (!place || places.has(place) || packages[place]?.link) continue;
      places.add(place);
      add(packages[place]?.dependencies, place);
      add(packages[place]?.optionalDependencies, place);
    }
  };
  add(packages['']?.dependencies, '');
  for (const workspace of ['emulator', 'local-host', 'page']) {
    add(packages[workspace]?.dependencies, workspace);
    add(packages[workspace]?.devDependencies, workspace);
  }
  return [...places];
}

test('what is shipped comes under licences of the list, or is named in the notices', () => {
  const places = shipped();
  expect(places.length).toBeGreaterThan(100);
  const others = places
    .filter((place) => !allowed.includes(packages[place]?.license ?? ''))
    .map((place) => place.replace(/^.*node_modules\//, ''));
  expect(others.filter((name) => !notices.includes(`| \`${name}\` `))).toEqual([]);
  expect(others).toContain('machina');
});

test('the notices name versions that are installed', () => {
  const named = [...notices.matchAll(/^\| `([^`]+)` (\S+) \|/gm)];
  expect(named.map(([, name]) => name)).toEqual(['machina', 'uri-templates']);
  for (const [, name, version] of named) {
    expect(packages[`node_modules/${name}`]).toMatchObject({ version });
  }
});
