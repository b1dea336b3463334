import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { writeCertificateBundle } from '../../scripts/certificateBundle';

let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  for (const name of ['system', 'other', 'emulator']) writeFileSync(inFolder(name), name);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of a bundle for an environment, where the system has its own in one of some places. */
function bundle(env: NodeJS.ProcessEnv, ...places: string[]): string[] {
  const file = writeCertificateBundle(inFolder('bundle.pem'), env, places.map(inFolder));
  expect(isAbsolute(file)).toBe(true);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

test('the bundle of the system comes from the first place that has one', () => {
  expect(bundle({ NODE_EXTRA_CA_CERTS: inFolder('emulator') }, 'nowhere', 'system', 'other')).toEqual([
    'system',
    'emulator',
  ]);
});

test('where no place has one, Node has certificates', () => {
  const certificates = bundle({ NODE_EXTRA_CA_CERTS: inFolder('emulator') }, 'nowhere').join('\n');
  expect(certificates).toBe([...rootCertificates, 'emulator'].join('\n'));
});

test('what was trusted before stays so, and is told where it cannot be read', () => {
  expect(bundle({ SSL_CERT_FILE: inFolder('other') }, 'system')).toEqual(['system', 'other']);
  expect(() => bundle({ SSL_CERT_FILE: inFolder('nowhere') }, 'system')).toThrow(/^SSL_CERT_FILE names \S+nowhere,/);
});
