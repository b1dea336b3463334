import { deviceNotFound, HubError } from '../service/hubError';
import { type SymmetricKey, sameAuthentication } from './authentication';
import { type Device, toDocument } from './device';
import { checkScopes } from './deviceScope';
import { etagIn, isMatch } from './etag';
import type { Fleet } from './fleet';
import type { HubEvents } from './hubEvents';
import {
  checkIds,
  type Identity,
  type IdentityInput,
  type Ids,
  identityEtag,
  idOf,
  newIdentity,
  plainIdentity,
  splitId,
  updateIdentity,
} from './identity';
import { lifecycleMessage } from './messages';
import { importedTwin, newTwin, type TwinWrite } from './twin';

/** Numbers of the identity registry. */
export interface RegistryStatistics {
  totalDeviceCount: number;
  enabledDeviceCount: number;
  disabledDeviceCount: number;
}

/** Most modules of a device (Azure IoT Hub quotas). */
const maxModules = 50;

/** The modules that every IoT Edge device has. */
const edgeModules = ['$edgeAgent', '$edgeHub'];

export interface RegistryOptions {
  hubName: string;
  fleet: Fleet;
  events: HubEvents;
  /** Keys for a new identity that brings none. */
  makeKeys: (id: string) => SymmetricKey;
}

/** The identities of a hub: devices, and modules on them. */
export class Registry {
  constructor(private readonly options: RegistryOptions) {}

  /** @throws HubError DeviceNotFound, ModuleNotFound */
  get(id: string): Device {
    const device = this.options.fleet.find(id);
    if (device) return device;
    const { deviceId, moduleId } = splitId(id);
    if (moduleId === undefined || !this.options.fleet.has(deviceId)) throw deviceNotFound(deviceId);
    throw new HubError('ModuleNotFound', `The module '${moduleId}' is not registered on the device '${deviceId}'.`);
  }

  /** The devices that were made first. */
  list(top: number): Device[] {
    const devices: Device[] = [];
    for (const entry of this.options.fleet.devices.after(0)) {
      if (devices.length === top) break;
      devices.push(entry.unpack());
    }
    return devices;
  }

  /** @throws HubError DeviceNotFound */
  modulesOf(deviceId: string): Device[] {
    this.get(deviceId);
    return this.options.fleet.modulesOf(deviceId).map((id) => this.get(id));
  }

  statistics(): RegistryStatistics {
    const { total, disabled } = this.options.fleet.count();
    return { totalDeviceCount: total, enabledDeviceCount: total - disabled, disabledDeviceCount: disabled };
  }

  /** Devices that are connected now. */
  serviceStatistics(): { connectedDeviceCount: number } {
    return { connectedDeviceCount: this.options.fleet.count().connected };
  }

  /**
   * Registers a device, or a module on one.
   *
   * @param imported that it comes with others: with a twin that may have tags and desired properties, and any scope
   *   (azure-iot-sdk-csharp, end-to-end test of `AddDevices2Async`).
   * @throws HubError DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, DeviceNotFound, InvalidDeviceScope, ArgumentInvalid
   */
  async create(id: string, input: IdentityInput, imported?: { write: TwinWrite | undefined }): Promise<Device> {
    const { hubName, fleet, events, makeKeys } = this.options;
    const ids = splitId(id);
    checkIds(ids);
    if (ids.moduleId === undefined) this.#checkNewDevice(id);
    else this.#checkNewModule(ids.deviceId, ids.moduleId);
    const isModule = ids.moduleId !== undefined;
    if (!isModule && !imported) this.#checkScopes(id, input);
    const twin = imported?.write ? importedTwin(imported.write, isModule) : newTwin(isModule);
    const [device] = await Promise.all([
      fleet.add(newIdentity(ids, input, makeKeys(id)), twin),
      this.#addEdgeModules(id, input),
    ]);
    events.message('DeviceLifecycleEvents', () =>
      lifecycleMessage(hubName, 'createDeviceIdentity', toDocument(device)),
    );
    return device;
  }

  /** @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed, InvalidDeviceScope, ArgumentInvalid */
  async update(id: string, input: IdentityInput, ifMatch: string): Promise<Device> {
    const { fleet, events } = this.options;
    const device = this.get(id);
    checkVersion(device.identity, ifMatch);
    if (device.identity.moduleId === undefined) this.#checkScopes(id, input);
    const [updated] = await Promise.all([
      fleet.change(device, { identity: updateIdentity(device.identity, input) }),
      this.#addEdgeModules(id, input),
    ]);
    const { identity } = updated;
    if (identity.status === 'disabled') {
      for (const each of this.#withModules(id)) events.emit('identityGone', { ...each, reason: 'disabled' });
    } else if (!sameAuthentication(identity.authentication, device.identity.authentication)) {
      events.emit('identityGone', { ...splitId(id), reason: 'keysChanged' });
    }
    return updated;
  }

  /**
   * Removes a device with its modules, or a module.
   *
   * @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed
   */
  async remove(id: string, ifMatch: string): Promise<void> {
    const { hubName, fleet, events } = this.options;
    const device = this.get(id);
    checkVersion(device.identity, ifMatch);
    const gone = this.#withModules(id);
    await Promise.all(gone.map((each) => fleet.remove(this.get(idOf(each)))));
    for (const each of gone) events.emit('identityGone', { ...each, reason: 'deleted' });
    events.message('DeviceLifecycleEvents', () =>
      lifecycleMessage(hubName, 'deleteDeviceIdentity', toDocument(device)),
    );
  }

  #checkNewDevice(deviceId: string): void {
    if (this.options.fleet.has(deviceId)) {
      throw new HubError('DeviceAlreadyExists', `A device with ID '${deviceId}' is already registered.`);
    }
  }

  #checkNewModule(deviceId: string, moduleId: string): void {
    const { fleet } = this.options;
    if (!fleet.has(deviceId)) throw deviceNotFound(deviceId);
    const modules = fleet.modulesOf(deviceId);
    if (modules.includes(idOf({ deviceId, moduleId }))) {
      const text = `A module with ID '${moduleId}' is already registered on the device '${deviceId}'.`;
      throw new HubError('ModuleAlreadyExistsOnDevice', text);
    }
    if (modules.length >= maxModules) {
      throw new HubError('TooManyModulesOnDevice', `A device has ${maxModules} modules at most.`);
    }
  }

  #checkScopes(deviceId: string, input: IdentityInput): void {
    checkScopes(deviceId, input, (id) => this.options.fleet.identityOf(id));
  }

  /** What an IoT Edge device lacks of the modules that each has. */
  async #addEdgeModules(id: string, { iotEdge }: IdentityInput): Promise<void> {
    const { fleet, makeKeys } = this.options;
    const { deviceId, moduleId: of } = splitId(id);
    if (!iotEdge || of !== undefined) return;
    const missing = edgeModules.filter((moduleId) => !fleet.has(idOf({ deviceId, moduleId })));
    const input: IdentityInput = { ...plainIdentity, authentication: { type: 'none' } };
    await Promise.all(
      missing.map((moduleId) => fleet.add(newIdentity({ deviceId, moduleId }, input, makeKeys(id)), newTwin(true))),
    );
  }

  /** The identity itself first. */
  #withModules(id: string): Ids[] {
    return [id, ...this.options.fleet.modulesOf(id)].map(splitId);
  }
}

/** @throws HubError PreconditionFailed, in the words of a real hub. */
function checkVersion(identity: Identity, ifMatch: string): void {
  if (isMatch(ifMatch, identityEtag(identity))) return;
  const version = Buffer.from(etagIn(ifMatch), 'base64').toString();
  const asked = /^\d+$/.test(version) ? version : etagIn(ifMatch);
  const text = `Device version did not match, existingVersion:${identity.writes} newVersion:${asked}`;
  throw new HubError('PreconditionFailed', `Precondition failed: ${text}`);
}
