import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { readIfPresent, writeAtomically } from './files';

/** What the emulator's TLS doors show, and the CA to trust for it; all PEM. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

const files = { ca: 'ca.pem', cert: 'server.pem', key: 'server-key.pem' } as const;

/**
 * The certificates of a state folder, made on its first use and again when they no longer fit the names or are about to
 * expire. A new CA comes with them: its key is not kept.
 */
export async function loadCertificates(stateDir: string, names: string[]): Promise<Certificates> {
  const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readIfPresent(join(stateDir, file)));
  if (ca && cert && key && isGood(cert, ca, names)) return { ca, cert, key };
  const { makeCertificates } = await import('./makeCertificates');
  const made = await makeCertificates(names);
  writeAtomically(join(stateDir, files.key), made.key, { secret: true });
  writeAtomically(join(stateDir, files.cert), made.cert, { secret: false });
  writeAtomically(join(stateDir, files.ca), made.ca, { secret: false });
  return made;
}

const dayMs = 24 * 60 * 60 * 1000;

function isGood(cert: string, ca: string, names: string[]): boolean {
  const certificate = new X509Certificate(cert);
  const covered = (name: string) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name));
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
    Date.parse(certificate.validTo) > Date.now() + dayMs &&
    names.every(covered)
  );
}
