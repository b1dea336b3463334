import { randomBytes, randomInt } from 'node:crypto';
import { HubError, invalidArgument } from './hubError';
import { isObject } from './json';
import { never, serviceTime } from './time';
import type { Json } from './types';

/** Base64 keys of 16 to 64 bytes; a token signed with either is good. */
export interface SymmetricKey {
  primaryKey: string;
  secondaryKey: string;
}

/** A device identity as it is kept. */
export interface DeviceIdentity {
  deviceId: string;
  /** Tells a device apart from one made again under its id. */
  generationId: string;
  /** The counter behind the identity's etag. */
  writes: number;
  status: 'enabled' | 'disabled';
  statusReason?: string;
  statusUpdatedTime: string;
  symmetricKey: SymmetricKey;
  iotEdge: boolean;
}

/** What a PUT of an identity says. */
export interface IdentityInput {
  status: 'enabled' | 'disabled';
  statusReason?: string;
  /** Absent where the hub is to make the keys. */
  symmetricKey?: SymmetricKey;
  iotEdge: boolean;
}

/** Device ids: 1 to 128 of these ASCII characters, case-sensitive (Azure IoT Hub developer guide, identity registry). */
export function checkDeviceId(deviceId: string): void {
  if (!/^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(deviceId)) {
    throw invalidArgument("A device id has 1 to 128 ASCII letters, digits or -:.+%_#*?!(),=@;$'.");
  }
}

/**
 * Reads the body of a PUT on a device identity.
 *
 * @throws HubError ArgumentInvalid for what cannot be, NotImplemented for authentication other than symmetric keys.
 */
export function parseIdentityInput(deviceId: string, body: Json): IdentityInput {
  if (!isObject(body)) throw invalidArgument('The body must be a device identity, a JSON object.');
  if (body.deviceId !== undefined && body.deviceId !== deviceId) {
    throw invalidArgument(`The body must name the device of the path, '${deviceId}'.`);
  }
  const { status = 'enabled', statusReason, authentication, capabilities } = body;
  if (status !== 'enabled' && status !== 'disabled') throw invalidArgument("status is 'enabled' or 'disabled'.");
  const symmetricKey = parseAuthentication(authentication);
  return {
    status,
    iotEdge: isObject(capabilities) && capabilities.iotEdge === true,
    ...(typeof statusReason === 'string' ? { statusReason } : {}),
    ...(symmetricKey ? { symmetricKey } : {}),
  };
}

function parseAuthentication(authentication: Json | undefined): SymmetricKey | undefined {
  if (!isObject(authentication)) return undefined;
  const { type = 'sas', symmetricKey } = authentication;
  if (type !== 'sas') throw new HubError('NotImplemented', `Authentication of type '${type}' is not served.`);
  const { primaryKey, secondaryKey } = isObject(symmetricKey) ? symmetricKey : {};
  // The SDK sends empty keys where it was given none.
  if (!primaryKey && !secondaryKey) return undefined;
  if (!isKey(primaryKey) || !isKey(secondaryKey)) {
    throw invalidArgument('Symmetric keys come in two, each the base64 of 16 to 64 bytes.');
  }
  return { primaryKey, secondaryKey };
}

function isKey(key: Json | undefined): key is string {
  if (typeof key !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return false;
  const { length } = Buffer.from(key, 'base64');
  return length >= 16 && length <= 64;
}

/** A new identity; `symmetricKey` where the input brings none. */
export function newIdentity(deviceId: string, input: IdentityInput, symmetricKey: SymmetricKey): DeviceIdentity {
  return {
    symmetricKey,
    ...input,
    deviceId,
    generationId: String(process.hrtime.bigint()),
    writes: randomInt(2 ** 32),
    statusUpdatedTime: never,
  };
}

/** An identity after a PUT. One that brings no keys rotates them, as the service does. */
export function updateIdentity(before: DeviceIdentity, input: IdentityInput): DeviceIdentity {
  const { statusReason: _, ...kept } = before;
  return {
    ...kept,
    symmetricKey: { primaryKey: newKey(), secondaryKey: newKey() },
    ...input,
    writes: before.writes + 1,
    statusUpdatedTime: input.status === before.status ? before.statusUpdatedTime : serviceTime(),
  };
}

function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** The etag of an identity: its counter in ASCII, in base64. */
export function identityEtag({ writes }: DeviceIdentity): string {
  return Buffer.from(String(writes)).toString('base64');
}
