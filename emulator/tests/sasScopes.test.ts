import fc from 'fast-check';
import { covers } from '../src/security/sharedAccessSignature';

const isCovered = (sr: string, path: readonly string[]) => covers({ sr, sig: Buffer.alloc(0), se: 0 }, path);

const host = fc.constantFrom(
  'localhost',
  'localhost:8443',
  'hub.azure-devices.net',
  '10.0.0.1',
  '[::1]:8443',
  'my_hub',
);

/** What a segment of a path may be, decoded: slashes would have been encoded twice. */
const segment = fc.oneof(
  fc.constantFrom('devices', 'twins', 'device', '%', '%41', '%2F', '..', ':'),
  fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('/')),
);
const path = fc.array(segment, { minLength: 1, maxLength: 4 });

/** Percent-encodes what must be, and some of the rest, in digits of either case. */
const encode = (text: string, choices: readonly number[]) =>
  [...text]
    .map((character, index) => {
      const choice = choices[index % choices.length] ?? 0;
      const bytes = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      const isPlain = /^[A-Za-z0-9._:/[\]-]$/.test(character);
      return isPlain && choice > 0 ? character : choice % 2 ? bytes : bytes.toUpperCase();
    })
    .join('');

const choices = fc.array(fc.nat(3), { minLength: 1 });

test('a scope covers what it is the beginning of, however it is encoded', () => {
  fc.assert(
    fc.property(host, path, fc.nat(4), fc.boolean(), choices, (name, asked, length, slash, how) => {
      const scope = [name, ...asked.slice(0, length)].join('/') + (slash ? '/' : '');
      expect(isCovered(encode(scope, how), asked)).toBe(true);
    }),
  );
});

test('and nothing else', () => {
  fc.assert(
    fc.property(host, path, path, choices, (name, scope, asked, how) => {
      const isBeginning = scope.every((each, index) => each === asked[index]);
      expect(isCovered(encode([name, ...scope].join('/'), how), asked)).toBe(isBeginning);
    }),
  );
});

test('a scope that is encoded more often covers nothing', () => {
  fc.assert(
    fc.property(host, path, fc.integer({ min: 2, max: 4 }), (name, scope, times) => {
      let sr = [name, ...scope].join('/');
      for (let time = 0; time < times; time++) sr = encodeURIComponent(sr);
      expect(isCovered(sr, scope)).toBe(false);
    }),
  );
});

test('whatever covers a path names a host, and then the path or what is above it', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z/%25F:.]*$/));
  fc.assert(
    fc.property(anything, path, (sr, asked) => {
      if (!isCovered(sr, asked)) return;
      const [, name = '', rest = ''] = /^([^/]+)(.*)$/s.exec(decodeURIComponent(sr)) ?? [];
      expect(name).toMatch(/^[\w.:[\]-]+$/);
      expect(`/${asked.join('/')}/`.startsWith(rest.endsWith('/') ? rest : `${rest}/`)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
