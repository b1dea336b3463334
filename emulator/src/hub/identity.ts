import { randomInt } from 'node:crypto';
import { invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import { never, serviceTicks, serviceTime } from '../service/time';
import type { Json, JsonObject } from '../service/types';
import {
  type Authentication,
  type AuthenticationInput,
  parseAuthentication,
  randomKeys,
  type SymmetricKey,
} from './authentication';
import { type Scopes, scopesOf } from './deviceScope';

/** Which device, or which module on it. */
export interface Ids {
  deviceId: string;
  moduleId?: string;
}

/** The identity of a device, or of a module on one, as it is kept. */
export interface Identity extends Ids, Scopes {
  /** Tells an identity apart from one made again under its id. */
  generationId: string;
  /** The counter behind the identity's etag. */
  writes: number;
  /** A module is as enabled as its device. */
  status: 'enabled' | 'disabled';
  statusReason?: string;
  statusUpdatedTime: string;
  authentication: Authentication;
  iotEdge: boolean;
  /** Who looks after a module. */
  managedBy?: string;
  /** The model that it said it is of when it last connected with one. */
  modelId?: string;
}

/** What a PUT of an identity says. */
export interface IdentityInput extends Scopes {
  status: 'enabled' | 'disabled';
  statusReason?: string;
  authentication: AuthenticationInput;
  iotEdge: boolean;
  managedBy?: string;
}

/** An enabled identity whose keys the hub makes. */
export const plainIdentity: IdentityInput = { status: 'enabled', authentication: { type: 'sas' }, iotEdge: false };

const idCharacters = "ASCII letters, digits or -:.+%_#*?!(),=@;$'";
const isId = (id: string) => /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(id);

/** Ids of devices and modules: 1 to 128 of these ASCII characters, case-sensitive (developer guide, identity registry). */
export function checkIds({ deviceId, moduleId }: Ids): void {
  if (!isId(deviceId)) throw invalidArgument(`A device id has 1 to 128 ${idCharacters}.`);
  if (moduleId !== undefined && !isId(moduleId)) throw invalidArgument(`A module id has 1 to 128 ${idCharacters}.`);
}

/** How a hub names an identity everywhere, and MQTT its client: `device`, or `device/module`. No id holds a slash. */
export function idOf({ deviceId, moduleId }: Ids): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
}

/** The inverse of {@link idOf}. */
export function splitId(id: string): Ids {
  const slash = id.indexOf('/');
  return slash < 0 ? { deviceId: id } : { deviceId: id.slice(0, slash), moduleId: id.slice(slash + 1) };
}

/**
 * Reads the body of a PUT on an identity, or an item of a bulk operation.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseIdentityInput(body: JsonObject): IdentityInput {
  const { status = 'enabled', statusReason, authentication, capabilities, deviceScope, parentScopes, managedBy } = body;
  if (status !== 'enabled' && status !== 'disabled') throw invalidArgument("status is 'enabled' or 'disabled'.");
  return {
    status,
    authentication: parseAuthentication(authentication),
    iotEdge: isObject(capabilities) && capabilities.iotEdge === true,
    ...(isText(statusReason) ? { statusReason } : {}),
    ...(typeof deviceScope === 'string' ? { deviceScope } : {}),
    ...(Array.isArray(parentScopes) ? { parentScopes: parentScopes.filter(isText) } : {}),
    ...(isText(managedBy) ? { managedBy } : {}),
  };
}

/** A new identity; `keys` where the input brings none. */
export function newIdentity(ids: Ids, input: IdentityInput, keys: SymmetricKey): Identity {
  const { deviceScope: _, parentScopes: __, ...rest } = input;
  const identity: Identity = {
    ...ids,
    ...rest,
    authentication: withKeys(input.authentication, keys),
    generationId: serviceTicks(),
    writes: randomInt(2 ** 32),
    statusUpdatedTime: never,
  };
  return { ...identity, ...scopesOf(identity, input) };
}

/** An identity after a PUT. One that brings no keys rotates them, as the service does. */
export function updateIdentity(before: Identity, input: IdentityInput): Identity {
  const { statusReason: _, deviceScope: __, parentScopes: ___, ...kept } = before;
  const { deviceScope, parentScopes, ...rest } = input;
  return {
    ...kept,
    ...rest,
    ...scopesOf(before, input),
    authentication: withKeys(input.authentication, randomKeys()),
    writes: before.writes + 1,
    statusUpdatedTime: input.status === before.status ? before.statusUpdatedTime : serviceTime(),
  };
}

/** The etag of an identity: its counter as decimal digits, in base64. */
export function identityEtag({ writes }: Pick<Identity, 'writes'>): string {
  return Buffer.from(String(writes)).toString('base64');
}

function withKeys(input: AuthenticationInput, symmetricKey: SymmetricKey): Authentication {
  return input.type === 'sas' ? { symmetricKey, ...input } : input;
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
