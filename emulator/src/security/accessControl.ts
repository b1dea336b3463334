import { type SymmetricKey, thumbprintsOf } from '../hub/authentication';
import { type Identity, type Ids, idOf } from '../hub/identity';
import type { Hub } from '../iotHub';
import { HubError } from '../service/hubError';
import { BearerTokens, checkDataActions, type TrustedIssuer } from './bearerTokens';
import { type ClientCertificate, plainThumbprint } from './clientCertificate';
import { policyRights, type Right } from './policies';
import { dataActionsOf, hasDataAction } from './roles';
import {
  covers,
  isExpired,
  isSignedWith,
  parseSharedAccessSignature,
  type SharedAccessSignature,
  scopeOf,
} from './sharedAccessSignature';

/** Keys of the hub's policies, by name. */
export type PolicyKeys = Readonly<Record<string, string>>;

/** What a device proves itself with. */
export interface Credentials {
  /** A token, or empty. */
  password: string;
  /** Asked only where it is needed. */
  certificate: () => ClientCertificate | undefined;
}

/** A device that proved who it is, and until when (milliseconds since the epoch). */
export interface Admission {
  identity: Identity;
  expiresAt: number;
}

/** A token that was proven before it is used, as AMQP and SASL bring it. */
export interface ProvenToken {
  text: string;
  /** What it is for: another one for the same takes its place. */
  scope: string;
  /** Whether it may be the token of a device or module. */
  isFor(id: string): boolean;
  /** Whether it gives a service a right, or where it is a bearer token a data action, on a path. */
  gives(right: Right, action: string, path: readonly string[]): boolean;
}

/** A call of the service API, as far as rights depend on it. */
export interface ServiceCall {
  method: string;
  /** As it was sent, percent-encoding included. */
  path: string;
  /** The path's segments, decoded. */
  segments: readonly string[];
  authorization: string | undefined;
}

/** Tokens of policies whose signatures are remembered: a service SDK uses one for a second, others for an hour. */
const maxProven = 256;

/** Who may do what: policies and roles for services, their own keys for devices. */
export class AccessControl {
  readonly #bearerTokens: BearerTokens;
  /** Tokens that were found to be signed by their policy, the one proven first coming first. */
  readonly #proven = new Map<string, SharedAccessSignature>();

  constructor(
    private readonly keys: PolicyKeys,
    issuers: readonly TrustedIssuer[] = [],
  ) {
    this.#bearerTokens = new BearerTokens(issuers);
  }

  /**
   * Lets a service call pass: with `right`, or with any right where none is named.
   *
   * @throws HubError IotHubUnauthorized without a token, with a bad bearer token, or where its roles do not suffice;
   * IotHubUnauthorizedAccess where a shared access signature does not give the right.
   */
  async authorize(call: ServiceCall, right: Right | undefined): Promise<void> {
    const { authorization, method, path, segments } = call;
    if (!authorization) throw new HubError('IotHubUnauthorized', 'Unauthorized');
    const [, bearer] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
    if (bearer !== undefined) {
      const principal = await this.#bearerTokens.verify(bearer);
      return checkDataActions(principal, right ? dataActionsOf(method, segments) : [], `${method} on ${path}`);
    }
    const token = this.#proven.get(authorization) ?? this.#prove(authorization);
    if (!token || isExpired(token) || !covers(token, segments) || !gives(token, right)) throw unauthorized();
  }

  /**
   * Admits a device or module the way its identity says: by a token of its own key, or of a policy with DeviceConnect; or
   * by a certificate, without a token beside it. A module is let in while its device is enabled.
   *
   * @throws HubError IotHubUnauthorizedAccess for a bad proof, an unknown device or a disabled one alike.
   */
  admit(hub: Hub, id: string, { password, certificate }: Credentials): Admission {
    const identity = known(hub, id);
    const device = identity.moduleId === undefined ? identity : known(hub, identity.deviceId);
    if (identity.status === 'disabled' || device.status === 'disabled') throw unauthorized();
    if (identity.authentication.type === 'sas') {
      return { identity, expiresAt: this.#expiryOf(password, identity, identity.authentication.symmetricKey) };
    }
    if (password !== '' || !isShown(certificate(), identity)) throw unauthorized();
    return { identity, expiresAt: Number.POSITIVE_INFINITY };
  }

  /**
   * Proves a token as such: of a policy, or of the device or module that it names.
   *
   * @throws HubError IotHubUnauthorizedAccess
   */
  proveSas(hub: Hub, text: string): ProvenToken {
    const token = parseSharedAccessSignature(text);
    if (!token || isExpired(token)) throw unauthorized();
    const id = token.skn ? undefined : identityNamed(token);
    if (token.skn ? !this.#isOfPolicy(token) : id === undefined) throw unauthorized();
    if (id !== undefined) this.admit(hub, id, { password: text, certificate: () => undefined });
    return {
      text,
      scope: `${token.skn ?? ''} ${token.sr}`,
      isFor: (other) => !isExpired(token) && (id === undefined || id === other || other.startsWith(`${id}/`)),
      gives: (right, _, path) =>
        !isExpired(token) && token.skn !== undefined && covers(token, path) && gives(token, right),
    };
  }

  /**
   * The same of a bearer token, without `Bearer` in front.
   *
   * @throws HubError IotHubUnauthorized
   */
  async proveBearer(text: string): Promise<ProvenToken> {
    const { name, roles, expiresAt } = await this.#bearerTokens.verify(text);
    return {
      text,
      scope: `Bearer ${name}`,
      isFor: () => false,
      gives: (_, action) => expiresAt > Date.now() && hasDataAction(roles, action),
    };
  }

  /** @throws HubError IotHubUnauthorizedAccess where the token does not prove the identity. */
  #expiryOf(password: string, { deviceId, moduleId }: Ids, { primaryKey, secondaryKey }: SymmetricKey): number {
    const token = parseSharedAccessSignature(password);
    const path = ['devices', deviceId, ...(moduleId === undefined ? [] : ['modules', moduleId])];
    if (!token || !covers(token, path)) throw unauthorized();
    const proven = token.skn
      ? this.#isOfPolicy(token) && gives(token, 'DeviceConnect')
      : isSigned(token, primaryKey) || isSigned(token, secondaryKey);
    if (!proven) throw unauthorized();
    return token.se * 1000;
  }

  /** The token, where its policy signed it. */
  #prove(authorization: string): SharedAccessSignature | undefined {
    const token = parseSharedAccessSignature(authorization);
    if (!token || !this.#isOfPolicy(token)) return undefined;
    const [first] = this.#proven.keys();
    if (this.#proven.size >= maxProven && first !== undefined) this.#proven.delete(first);
    this.#proven.set(authorization, token);
    return token;
  }

  #isOfPolicy(token: SharedAccessSignature): boolean {
    const policy = token.skn ?? '';
    const key = Object.hasOwn(this.keys, policy) ? this.keys[policy] : undefined;
    return key !== undefined && isSigned(token, key);
  }
}

/** The device, or the module on one, whose own token this is. */
function identityNamed({ sr }: SharedAccessSignature): string | undefined {
  const [, devices, deviceId, modules, moduleId, ...more] = scopeOf(sr);
  if (devices !== 'devices' || !deviceId || more.length > 0) return undefined;
  if (modules === undefined) return deviceId;
  return modules === 'modules' && moduleId ? idOf({ deviceId, moduleId }) : undefined;
}

/** Whether the policy of a token has a right; any, where none is named. */
function gives({ skn = '' }: SharedAccessSignature, right: Right | undefined): boolean {
  return right === undefined || policyRights[skn]?.includes(right) === true;
}

/** The hub's keys are base64. */
function isSigned(token: SharedAccessSignature, key: string): boolean {
  return isSignedWith(token, Buffer.from(key, 'base64'));
}

/**
 * Whether a certificate is that of an identity: by its thumbprint, whatever its dates; or by a chain to a trusted CA and
 * by the name of its subject, which is `device` or `device/module`.
 */
function isShown(certificate: ClientCertificate | undefined, identity: Identity): boolean {
  if (!certificate) return false;
  const { authentication } = identity;
  if (authentication.type === 'certificateAuthority') {
    const [name, ...more] = certificate.commonNames;
    return certificate.trusted && name === idOf(identity) && more.length === 0;
  }
  const { primaryThumbprint, secondaryThumbprint } = thumbprintsOf(authentication);
  return [primaryThumbprint, secondaryThumbprint].some(
    (thumbprint) => thumbprint !== null && certificate.thumbprints.includes(plainThumbprint(thumbprint)),
  );
}

function known(hub: Hub, id: string): Identity {
  try {
    return hub.getIdentity(id);
  } catch {
    throw unauthorized();
  }
}

function unauthorized(): HubError {
  return new HubError('IotHubUnauthorizedAccess', 'Unauthorized');
}
