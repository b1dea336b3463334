import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rootCertificates } from 'node:tls';

/** Where systems keep all certificates that they trust in one file; Go looks there too (`crypto/x509`, `root_*.go`). */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Arch, Alpine
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Red Hat
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // macOS, BSD
];

/**
 * Writes a bundle for `SSL_CERT_FILE`, which stands in for the system's: with the emulator's authority alone, Core Tools
 * could not download its extensions. It holds what the system trusts (or Node, where no bundle of the system is found),
 * what `SSL_CERT_FILE` has named so far, and what `NODE_EXTRA_CA_CERTS` names.
 *
 * @returns The absolute path of the bundle.
 * @throws Error where a file that the environment names cannot be read.
 */
export function writeCertificateBundle(file: string, env: NodeJS.ProcessEnv, bundles = systemBundles): string {
  const system = bundles.find(existsSync);
  const certificates = [
    ...(system ? [readFileSync(system, 'utf8')] : rootCertificates),
    ...['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap((setting) => named(setting, env[setting])),
  ];
  writeFileSync(file, `${certificates.join('\n')}\n`);
  return resolve(file);
}

function named(setting: string, file: string | undefined): string[] {
  if (!file) return [];
  try {
    return [readFileSync(file, 'utf8')];
  } catch (cause) {
    const help = 'name a file of certificates in PEM format, or unset it';
    throw new Error(`${setting} names ${file}, which cannot be read: ${help}.`, { cause });
  }
}
