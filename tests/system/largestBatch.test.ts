import { type Parts, startParts } from './parts';

let parts: Parts;

beforeAll(async () => {
  parts = await startParts();
});
afterAll(() => parts.stop());

test('a hundred changes of a twin at its size limits, told at once, all reach the reaction', async () => {
  const registry = parts.emulator.registry();
  const versions: number[] = [];
  for (let change = 0; change < 100; change++) {
    const text = String.fromCharCode(97 + (change % 26)).repeat(3_900);
    const desired = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`p${n}`, text]));
    const { responseBody } = await registry.updateTwin('myDeviceId', { tags: { text }, properties: { desired } }, '*');
    versions.push((responseBody as unknown as { version: number }).version);
  }

  const lines = await parts.startHost('.');
  for (const version of versions) await lines.match(new RegExp(`changed: tags.* version=${version} `));
  expect(lines.all.filter((line) => line.includes('(Failed'))).toEqual([]);
});
