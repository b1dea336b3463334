import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';

/** Base64 keys of 16 to 64 bytes; a token signed with either is good. */
export interface SymmetricKey {
  primaryKey: string;
  secondaryKey: string;
}

/** Thumbprints of certificates that a device may show: SHA-1 or SHA-256, as hexadecimal digits. */
export interface X509Thumbprint {
  primaryThumbprint: string | null;
  secondaryThumbprint: string | null;
}

/** How a device or module proves who it is. */
export type Authentication =
  | { type: 'sas'; symmetricKey: SymmetricKey }
  | { type: 'selfSigned'; x509Thumbprint: X509Thumbprint }
  | { type: 'certificateAuthority' }
  /** Modules of IoT Edge that never connect by themselves. */
  | { type: 'none' };

/** What a PUT says of it: the hub makes the keys where there are none. */
export type AuthenticationInput = { type: 'sas' } | Authentication;

const noKeys: SymmetricKey = { primaryKey: '', secondaryKey: '' };
const noThumbprints: X509Thumbprint = { primaryThumbprint: null, secondaryThumbprint: null };

/**
 * Reads the `authentication` of an identity. Where it names no type, thumbprints tell: the SDKs send it without.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseAuthentication(authentication: Json | undefined): AuthenticationInput {
  if (!isObject(authentication)) return { type: 'sas' };
  const { symmetricKey, x509Thumbprint } = authentication;
  const thumbprints = parseThumbprints(isObject(x509Thumbprint) ? x509Thumbprint : {});
  const showsCertificate = thumbprints.primaryThumbprint !== null || thumbprints.secondaryThumbprint !== null;
  const { type = showsCertificate ? 'selfSigned' : 'sas' } = authentication;
  switch (type) {
    case 'sas':
      return parseKeys(isObject(symmetricKey) ? symmetricKey : {});
    case 'selfSigned':
      // It may have no thumbprint yet (recorded: azure-sdk-for-net, `ModulesClient_BulkUpdate`).
      return { type, x509Thumbprint: thumbprints };
    case 'certificateAuthority':
    case 'none':
      return { type };
    default:
      throw invalidArgument("The type of authentication is 'sas', 'selfSigned', 'certificateAuthority' or 'none'.");
  }
}

function parseKeys({ primaryKey, secondaryKey }: JsonObject): AuthenticationInput {
  // The SDK sends empty keys where it was given none.
  if (!primaryKey && !secondaryKey) return { type: 'sas' };
  if (!isKey(primaryKey) || !isKey(secondaryKey)) {
    throw invalidArgument('Symmetric keys come in two, each the base64 of 16 to 64 bytes.');
  }
  return { type: 'sas', symmetricKey: { primaryKey, secondaryKey } };
}

function isKey(key: Json | undefined): key is string {
  if (typeof key !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return false;
  const { length } = Buffer.from(key, 'base64');
  return length >= 16 && length <= 64;
}

function parseThumbprints({ primaryThumbprint, secondaryThumbprint }: JsonObject): X509Thumbprint {
  return {
    primaryThumbprint: parseThumbprint(primaryThumbprint),
    secondaryThumbprint: parseThumbprint(secondaryThumbprint),
  };
}

function parseThumbprint(thumbprint: Json | undefined): string | null {
  if (thumbprint === undefined || thumbprint === null || thumbprint === '') return null;
  // Tools print them with colons.
  const isHash = (text: string) => /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text.replaceAll(':', ''));
  if (typeof thumbprint === 'string' && isHash(thumbprint)) return thumbprint;
  throw invalidArgument('A thumbprint has 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.');
}

/** Whether somebody who proved the one would still be let in by the other. */
export function sameAuthentication(one: Authentication, other: Authentication): boolean {
  return isDeepStrictEqual(one, other);
}

/** Keys that nobody can guess. */
export function randomKeys(): SymmetricKey {
  const key = () => randomBytes(32).toString('base64');
  return { primaryKey: key(), secondaryKey: key() };
}

/** The keys of an identity; empty where it has none. */
export function symmetricKeyOf(authentication: Authentication): SymmetricKey {
  return authentication.type === 'sas' ? authentication.symmetricKey : noKeys;
}

/** The thumbprints of an identity; null where it has none. */
export function thumbprintsOf(authentication: Authentication): X509Thumbprint {
  return authentication.type === 'selfSigned' ? authentication.x509Thumbprint : noThumbprints;
}

/** As the registry answers it: whatever the type, with all members. */
export function toAuthenticationDocument(authentication: Authentication): JsonObject {
  const { primaryKey, secondaryKey } = symmetricKeyOf(authentication);
  const shown = authentication.type === 'sas' ? { primaryKey, secondaryKey } : { primaryKey: null, secondaryKey: null };
  return { symmetricKey: shown, x509Thumbprint: { ...thumbprintsOf(authentication) }, type: authentication.type };
}
