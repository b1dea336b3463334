import type { JWTPayload } from 'jose';
import * as z from 'zod/mini';
import { HubError } from '../service/hubError';
import { hasDataAction, type RoleName, rolesNamed } from './roles';

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).check(z.minLength(1)) });

/** Public keys as an issuer publishes them (JWK Set, RFC 7517). */
export type KeySet = z.infer<typeof keySetSchema>;

/** Whose bearer tokens are good. */
export interface TrustedIssuer {
  /** The claim `iss` of its tokens. */
  issuer: string;
  keys: KeySet;
}

/** The audience of tokens for IoT Hub: the scope of the service SDKs is `https://iothubs.azure.net/.default`. */
const audience = ['https://iothubs.azure.net', 'https://iothubs.azure.net/'];

/** @throws Error where it is no JWK Set. */
export function parseKeySet(input: unknown): KeySet {
  const { success, data, error } = keySetSchema.safeParse(input);
  if (!success) throw new Error(`This is no JWK Set with keys: ${z.prettifyError(error)}`);
  return data;
}

/** Who a bearer token speaks for. */
export interface Principal {
  name: string;
  roles: RoleName[];
  /** Until when, in milliseconds since the epoch. */
  expiresAt: number;
}

/** Bearer tokens of Microsoft Entra ID's kind: JSON Web Tokens of issuers that the emulator was told to trust. */
export class BearerTokens {
  constructor(private readonly issuers: readonly TrustedIssuer[]) {}

  /**
   * Reads a token whose signature, issuer, audience and times are good.
   *
   * @throws HubError IotHubUnauthorized, saying which of them is not.
   */
  async verify(token: string): Promise<Principal> {
    if (this.issuers.length === 0) throw refused('this emulator trusts no issuer of bearer tokens (--trust-issuer)');
    // What few callers use is loaded by those who do.
    const { createLocalJWKSet, decodeJwt, errors, jwtVerify } = await import('jose');
    try {
      const { iss } = decodeJwt(token);
      const trusted = this.issuers.filter(({ issuer }) => issuer === iss).flatMap(({ keys }) => keys.keys);
      if (trusted.length === 0) throw refused('its issuer is not trusted (--trust-issuer)');
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: trusted }), {
        audience,
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['exp'],
      });
      return toPrincipal(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) throw refused(error.message);
      throw error;
    }
  }
}

/**
 * Checks that a principal's roles give the actions.
 *
 * @throws HubError IotHubUnauthorized, as the service words it: 401, not 403.
 */
export function checkDataActions({ name, roles }: Principal, actions: readonly string[], what: string): void {
  if (actions.every((action) => hasDataAction(roles, action))) return;
  throw new HubError(
    'IotHubUnauthorized',
    `Principal ${name} is not authorized for ${what} due to no assigned permissions`,
  );
}

/** Roles of the real hub are assignments in Azure; here the token names them itself, in the claim of application roles. */
function toPrincipal({ oid, appid, sub, roles, exp = 0 }: JWTPayload): Principal {
  const name = [oid, appid, sub].find((claim) => typeof claim === 'string') ?? 'unknown';
  return { name: String(name), roles: rolesNamed(roles), expiresAt: exp * 1000 };
}

function refused(reason: string): HubError {
  return new HubError('IotHubUnauthorized', `The bearer token is not accepted: ${reason}`);
}
