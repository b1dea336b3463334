import { readFileSync } from 'node:fs';

const named = [...readFileSync('docs/security.md', 'utf8').matchAll(/`([\w/.-]+\.ts)`: ([^;|]+?) *(?=;|\|)/g)];

test('docs/security.md names tests that are there', () => {
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(([, file = '', words = '']) => !readFileSync(file, 'utf8').includes(words));
  expect(missing.map(([, file, words]) => `${file}: ${words}`)).toEqual([]);
});
