import { symmetricKeyOf } from '../hub/authentication';
import type { Hub } from '../hub/hub';
import { HubError } from '../hub/hubError';
import type { Identity } from '../hub/identity';
import { policyRights, type Right } from './policies';
import { covers, isSignedWith, parseSharedAccessSignature, type SharedAccessSignature } from './sharedAccessSignature';

/** Keys of the hub's policies, by name. */
export type PolicyKeys = Readonly<Record<string, string>>;

/** A device that proved who it is, and until when (milliseconds since the epoch). */
export interface Admission {
  identity: Identity;
  expiresAt: number;
}

/** Who may do what: policies for services, their own keys for devices. */
export class AccessControl {
  constructor(private readonly keys: PolicyKeys) {}

  /**
   * Lets a service call pass: with `right`, or with any right where none is named.
   *
   * @throws HubError IotHubUnauthorized without a token, IotHubUnauthorizedAccess where it does not give the right.
   */
  authorize(authorization: string | undefined, right: Right | undefined, path: readonly string[]): void {
    if (!authorization) throw new HubError('IotHubUnauthorized', 'Unauthorized');
    const token = parseSharedAccessSignature(authorization);
    if (!token || !covers(token, path) || !this.#policyGives(token, right)) throw unauthorized();
  }

  /**
   * Admits a device by a token of its own key, or of a policy with DeviceConnect.
   *
   * @throws HubError IotHubUnauthorizedAccess for a bad token, an unknown device or a disabled one alike.
   */
  admit(hub: Hub, deviceId: string, password: string): Admission {
    const token = parseSharedAccessSignature(password);
    if (!token || !covers(token, ['devices', deviceId])) throw unauthorized();
    const identity = knownDevice(hub, deviceId);
    const { primaryKey, secondaryKey } = symmetricKeyOf(identity.authentication);
    const proven = token.skn
      ? this.#policyGives(token, 'DeviceConnect')
      : identity.authentication.type === 'sas' && (isSigned(token, primaryKey) || isSigned(token, secondaryKey));
    if (!proven || identity.status === 'disabled') throw unauthorized();
    return { identity, expiresAt: token.se * 1000 };
  }

  #policyGives(token: SharedAccessSignature, right: Right | undefined): boolean {
    const policy = token.skn ?? '';
    const key = Object.hasOwn(this.keys, policy) ? this.keys[policy] : undefined;
    if (key === undefined || !isSigned(token, key)) return false;
    return right === undefined || policyRights[policy]?.includes(right) === true;
  }
}

/** The hub's keys are base64. */
function isSigned(token: SharedAccessSignature, key: string): boolean {
  return isSignedWith(token, Buffer.from(key, 'base64'));
}

function knownDevice(hub: Hub, deviceId: string): Identity {
  try {
    return hub.getDevice(deviceId).identity;
  } catch {
    throw unauthorized();
  }
}

function unauthorized(): HubError {
  return new HubError('IotHubUnauthorizedAccess', 'Unauthorized');
}
