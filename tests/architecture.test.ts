import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Which folders and modules of this repository the files of a folder may import from. */
const allowed: Record<string, string[]> = {
  src: ['src'],
  emulator: ['emulator'],
  'local-host': ['local-host'],
  device: ['device'],
  fleet: [
    'fleet',
    'package.json',
    'src/azure/hub/quotas',
    'src/api/formats/columnNames',
    'src/api/formats/idCell',
    'src/api/formats/readCsv',
    'src/api/http/nearestName',
    'src/twins/isDeviceId',
    'src/visible',
  ],
  page: ['page', 'src/visible', 'src/twins/isDeviceId'],
  scripts: ['scripts', 'src', 'device'],
};

/** The floors of `src/`, top first: each imports only what stands below it, and none on its own line but itself. */
const floors = [
  ['index.ts'],
  ['functions'],
  ['app'],
  ['api'],
  ['tagJobs', 'reactions', 'trends'],
  ['members', 'history'],
  ['feed'],
  ['changes'],
  ['queries'],
  ['azure/hub', 'azure/tables', 'azure/queue'],
  ['azure/storage'],
  ['conditions'],
  ['twins'],
  ['errors', 'json.ts', 'formatPairs.ts', 'visible.ts', 'workThrough.ts'],
];

/** What hands services in, and so is above the rules: only these may import it. */
const importersOfApp = ['index.ts', 'functions', 'app'];

const sources = Object.keys(allowed).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => /\.tsx?$/.test(file) && !/node_modules|dist|tests|generated/.test(file)),
);
const app = sources.filter((file) => file.startsWith('src/'));

/** What a file imports from this repository: types, and what it loads later, count too. */
function importsOf(file: string): string[] {
  return resolved(file, readFileSync(file, 'utf8'));
}

function resolved(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].flatMap(([, specifier = '']) => {
    if (!specifier.startsWith('.')) return [];
    const path = normalize(join(dirname(file), specifier));
    return [existsSync(path) && statSync(path).isDirectory() ? join(path, 'index') : path];
  });
}

/** The same, but for types alone: what is loaded. */
function valuesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/^(?:import|export) type [^;]*;/gm, '');
  const onlyTypes = /^import \{(?:\s*type [^,}]+,?)+\s*\} from [^;]*;/gm;
  return resolved(file, text.replace(onlyTypes, ''));
}

const floorOf = (path: string) => {
  const place = relative('src', path);
  return floors
    .flat()
    .find((floor) => place === floor.replace('.ts', '') || place === floor || place.startsWith(`${floor}/`));
};
const heightOf = (floor: string | undefined) => floors.findIndex((line) => line.some((each) => each === floor));

test.each(Object.entries(allowed))('%s/ imports from nowhere else', (folder, folders) => {
  const files = sources.filter((file) => file.startsWith(`${folder}/`));
  expect(files.length).toBeGreaterThan(0);
  const strays = files.flatMap((file) => {
    const packages =
      readFileSync(file, 'utf8').match(/(?:from|import\()\s*'(?:iot-hub-emulator|functions-local-host)'/g) ?? [];
    const paths = importsOf(file).filter((path) => !folders.some((each) => `${path}/`.startsWith(`${each}/`)));
    return [...packages, ...paths].map((target) => `${file}: ${target}`);
  });
  expect(strays).toEqual([]);
});

test.each(['fleet', 'page'])('what %s/ shares with the app brings nothing else of the app with it', (folder) => {
  const shared = (allowed[folder] ?? []).filter((each) => each.startsWith('src/'));
  const brought = shared.flatMap((module) =>
    [...readFileSync(`${module}.ts`, 'utf8').matchAll(/^import (?!type ).* '(.*)';$/gm)]
      .filter(([, path = '']) => !shared.includes(join(dirname(module), path)))
      .map(([line]) => `${module}: ${line}`),
  );
  expect(brought).toEqual([]);
});

describe('the floors of src/', () => {
  test('are all there, and nothing stands outside them', () => {
    expect(app.filter((file) => floorOf(file) === undefined)).toEqual([]);
    expect(floors.flat().filter((floor) => !app.some((file) => floorOf(file) === floor))).toEqual([]);
  });

  test('import only what stands below', () => {
    const strays = app.flatMap((file) =>
      importsOf(file)
        .filter((path) => floorOf(path) !== floorOf(file) && heightOf(floorOf(path)) <= heightOf(floorOf(file)))
        .map((path) => `${file}: ${path}`),
    );
    expect(strays).toEqual([]);
  });

  test('get their services handed in: no rule imports app/', () => {
    const importers = app.filter((file) => importsOf(file).some((path) => floorOf(path) === 'app'));
    expect(importers.filter((file) => !importersOfApp.includes(floorOf(file) ?? ''))).toEqual([]);
  });

  test('take no type of more than five members where they state what they work with', () => {
    const means = app.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/interface (\w*Means) \{(.*?)\n\}/gs)].map(([, name, body = '']) => ({
        name: `${file}: ${name}`,
        members: body.match(/^ {2}\w+\??[(:]/gm)?.length ?? 0,
      })),
    );
    expect(means.length).toBeGreaterThan(0);
    expect(means.filter(({ members }) => members > 5)).toEqual([]);
  });
});

describe('no circles', () => {
  test.each(['src', 'emulator', 'local-host', 'fleet', 'page', 'scripts'])('of files in %s/', (folder) => {
    const files = sources.filter((file) => file.startsWith(`${folder}/`));
    expect(
      circles(files, (file) =>
        importsOf(file).map((path) => (files.includes(`${path}.tsx`) ? `${path}.tsx` : `${path}.ts`)),
      ),
    ).toEqual([]);
  });

  test.each([
    ['src', importsOf],
    ['emulator/src', valuesOf],
    ['local-host/src', valuesOf],
  ])('of folders in %s/', (root, imports) => {
    const files = sources.filter((file) => file.startsWith(`${root}/`));
    // Files beside the folders stand for themselves.
    const placeOf = (path: string) => (dirname(path) === root ? path.replace(/\.ts$/, '') : dirname(path));
    const importsOfPlace = (place: string) => {
      const within = files.filter((file) => placeOf(file) === place);
      return within.flatMap((file) => imports(file).map(placeOf)).filter((other) => other !== place);
    };
    expect(circles([...new Set(files.map(placeOf))], importsOfPlace)).toEqual([]);
  });
});

test('no file only hands on what another has', () => {
  const handsOn = sources.filter((file) => {
    const code = readFileSync(file, 'utf8')
      .replace(/\/\*.*?\*\/|\/\/.*$/gms, '')
      .trim();
    return (
      code !== '' && code.replace(/^export (?:type )?(?:\*|\{[^}]*\})(?: as \w+)? from '[^']+';$/gm, '').trim() === ''
    );
  });
  expect(handsOn).toEqual([]);
});

/** The nodes that can come back to themselves, one line a circle. */
function circles(nodes: readonly string[], next: (node: string) => string[]): string[] {
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: string, path: string[]) => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      found.push([...path.slice(path.indexOf(node)), node].join(' → '));
      return;
    }
    state.set(node, 'open');
    for (const each of next(node)) if (nodes.includes(each)) visit(each, [...path, node]);
    state.set(node, 'done');
  };
  for (const node of nodes) visit(node, []);
  return found;
}
