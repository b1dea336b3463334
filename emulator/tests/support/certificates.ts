import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;

// The library's types are those of a browser.
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

/** A certificate of a device or an authority, with its key; both PEM. */
export interface Credential {
  cert: string;
  key: string;
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

/** What a certificate says. */
export interface CertificateInput {
  /** The subject, for example `CN=device`. */
  subject: string;
  /** Signed by itself where absent. */
  issuer?: Credential;
  ca?: boolean;
  /** Whether its time is over. */
  expired?: boolean;
}

export async function makeCredential({ subject, issuer, ca, expired }: CertificateInput): Promise<Credential> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() + (expired ? -dayMs : dayMs)),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [new x509.BasicConstraintsExtension(ca ?? false, undefined, true)],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: `${certificate.toString('pem')}\n`, key, certificate, keys };
}

/** As Azure's tools print it: hexadecimal digits. */
export async function thumbprintOf({ certificate }: Credential, hash: 'SHA-1' | 'SHA-256'): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest(hash, certificate.rawData)).toString('hex');
}
