import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An issuer of bearer tokens that tests own, apart from any library that the emulator reads tokens with. */
export interface TestIssuer {
  issuer: string;
  /** Its public keys, as `trustedIssuers` takes them. */
  keys: { keys: { kty: string; [member: string]: unknown }[] };
  /** A token for IoT Hub that is good for an hour, but for what `claims` and `header` say else. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
}

export type Algorithm = 'RS256' | 'ES256';

export function makeIssuer(issuer: string, alg: Algorithm = 'RS256'): TestIssuer {
  const { publicKey, privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty = '', ...members } = publicKey.export({ format: 'jwk' });
  return {
    issuer,
    keys: { keys: [{ kty, ...members, kid: 'key-1', use: 'sig', alg }] },
    token: (claims, header) => signJwt(privateKey, { alg, typ: 'JWT', kid: 'key-1', ...header }, withDefaults(claims)),
  };

  function withDefaults(claims: Record<string, unknown> = {}) {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 3600 };
    return { iss: issuer, aud: 'https://iothubs.azure.net', oid: 'principal-1', ...times, ...claims };
  }
}

/** RFC 7515: the compact form. */
function signJwt(key: KeyObject, header: object, claims: object): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
