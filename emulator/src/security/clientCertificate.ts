import type { TLSSocket } from 'node:tls';

/** A certificate whose key a client proved to have, in the TLS handshake. */
export interface ClientCertificate {
  /** Of SHA-1 and SHA-256, as hexadecimal digits in lower case. */
  thumbprints: readonly string[];
  /** The common names of its subject; a good one has one. */
  commonNames: readonly string[];
  /** Whether it is valid now, and a chain leads to a CA that the hub trusts. */
  trusted: boolean;
}

/** What a client showed; `undefined` where it showed nothing. */
export function clientCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const { fingerprint, fingerprint256, subject } = socket.getPeerCertificate();
  if (!fingerprint) return undefined;
  // The types know one name only; a certificate may hold several, or none.
  const names: string | string[] | undefined = subject?.CN;
  return {
    thumbprints: [fingerprint, fingerprint256].map(plainThumbprint),
    commonNames: [names ?? []].flat(),
    trusted: socket.authorized,
  };
}

/** A thumbprint without the colons and the capitals that some tools write. */
export function plainThumbprint(thumbprint: string): string {
  return thumbprint.replaceAll(':', '').toLowerCase();
}
