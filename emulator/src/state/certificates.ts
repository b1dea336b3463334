import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { readIfPresent, writeAtomically, writeOnce } from './files';
import type { Certificates } from './makeCertificates';

/**
 * The certificates of a state folder, made on its first use and again when they no longer fit the names or are about to
 * expire. A new CA comes with them: its key is not kept.
 */
export async function loadCertificates(stateDir: string, names: string[]): Promise<Certificates> {
  const certificates = await keptOrMade(join(stateDir, 'certificates.json'), names);
  const ca = join(stateDir, 'ca.pem');
  if (readIfPresent(ca) !== certificates.ca) writeAtomically(ca, certificates.ca);
  return certificates;
}

/** All in one file: of two processes that start at once, both go by the certificates of the first. */
async function keptOrMade(file: string, names: string[]): Promise<Certificates> {
  const kept = readIfPresent(file);
  if (kept !== undefined) {
    const certificates: Certificates = JSON.parse(kept);
    if (isGood(certificates, names)) return certificates;
  }
  const { makeCertificates } = await import('./makeCertificates');
  const made = JSON.stringify(await makeCertificates(names));
  if (kept === undefined) return JSON.parse(writeOnce(file, made));
  writeAtomically(file, made);
  return JSON.parse(made);
}

const dayMs = 24 * 60 * 60 * 1000;

function isGood({ cert, ca }: Certificates, names: string[]): boolean {
  const certificate = new X509Certificate(cert);
  const covered = (name: string) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name));
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
    Date.parse(certificate.validTo) > Date.now() + dayMs &&
    names.every(covered)
  );
}
