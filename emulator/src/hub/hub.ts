import { EventEmitter } from 'node:events';
import { runQuery } from '../query';
import type { PageRequest } from '../query/page';
import type { Store } from '../store/store';
import { type Device, toDocument } from './device';
import { checkIfMatch } from './etag';
import { deviceNotFound, HubError } from './hubError';
import {
  checkDeviceId,
  type IdentityInput,
  identityEtag,
  newIdentity,
  type SymmetricKey,
  updateIdentity,
} from './identity';
import { connectionStateMessage, lifecycleMessage, telemetryMessage, twinChangeMessage } from './messages';
import { serviceTime } from './time';
import * as twins from './twin';
import type { HubEventMap, JsonObject, QueryPage, TwinDocument } from './types';

/** What a hub is made of. */
export interface HubOptions {
  /** Host name in connection strings; the hub's name is its first label. */
  hostName: string;
  /** Keys for a new device that brings none. */
  makeKeys: (deviceId: string) => SymmetricKey;
  /** Where acknowledged changes outlive the process; in memory only where absent. */
  store?: Store;
}

/** Numbers of the identity registry. */
export interface RegistryStatistics {
  totalDeviceCount: number;
  enabledDeviceCount: number;
  disabledDeviceCount: number;
}

/**
 * The state of one hub: identities and twins, and the events of their lives. It knows no protocol.
 *
 * Reads are synchronous. A change is seen by readers at once, and its promise resolves when it is durable.
 */
export class Hub {
  readonly name: string;
  readonly events = new EventEmitter<HubEventMap>();
  readonly #devices = new Map<string, Device>();
  readonly #options: HubOptions;
  /** Microseconds of the epoch to begin with: a place among the devices is never taken again, by a later process neither. */
  #created = Date.now() * 1000;

  constructor(options: HubOptions) {
    this.#options = options;
    this.name = options.hostName.split('.')[0] ?? options.hostName;
    for (const kept of options.store?.devices() ?? []) {
      this.#devices.set(kept.identity.deviceId, { ...kept, connected: false });
      this.#created = Math.max(this.#created, kept.ordinal);
    }
  }

  /** @throws HubError DeviceAlreadyExists, ArgumentInvalid */
  async createDevice(deviceId: string, input: IdentityInput): Promise<Device> {
    checkDeviceId(deviceId);
    if (this.#devices.has(deviceId)) {
      throw new HubError('DeviceAlreadyExists', `A device with ID '${deviceId}' is already registered.`);
    }
    const identity = newIdentity(deviceId, input, this.#options.makeKeys(deviceId));
    const device = await this.#keep({ identity, twin: twins.newTwin(), ordinal: ++this.#created, connected: false });
    this.events.emit('message', lifecycleMessage(this.name, 'createDeviceIdentity', toDocument(device)));
    return device;
  }

  /** @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid */
  async updateDevice(deviceId: string, input: IdentityInput, ifMatch: string): Promise<Device> {
    const device = this.getDevice(deviceId);
    checkIfMatch(ifMatch, identityEtag(device.identity));
    const identity = updateIdentity(device.identity, input);
    const rotated = !sameKeys(identity.symmetricKey, device.identity.symmetricKey);
    const updated = await this.#keep({ ...device, identity });
    if (identity.status === 'disabled') this.events.emit('identityGone', { deviceId, reason: 'disabled' });
    else if (rotated) this.events.emit('identityGone', { deviceId, reason: 'keysChanged' });
    return updated;
  }

  /** @throws HubError DeviceNotFound, PreconditionFailed */
  async deleteDevice(deviceId: string, ifMatch: string): Promise<void> {
    const device = this.getDevice(deviceId);
    checkIfMatch(ifMatch, identityEtag(device.identity));
    this.#devices.delete(deviceId);
    await this.#options.store?.delete(deviceId);
    this.events.emit('identityGone', { deviceId, reason: 'deleted' });
    this.events.emit('message', lifecycleMessage(this.name, 'deleteDeviceIdentity', toDocument(device)));
  }

  /** @throws HubError DeviceNotFound */
  getDevice(deviceId: string): Device {
    const device = this.#devices.get(deviceId);
    if (!device) throw deviceNotFound(deviceId);
    return device;
  }

  listDevices(top: number): Device[] {
    return [...take(this.#devices.values(), top)];
  }

  statistics(): RegistryStatistics {
    let enabledDeviceCount = 0;
    for (const { identity } of this.#devices.values()) if (identity.status === 'enabled') enabledDeviceCount++;
    const totalDeviceCount = this.#devices.size;
    return { totalDeviceCount, enabledDeviceCount, disabledDeviceCount: totalDeviceCount - enabledDeviceCount };
  }

  /** @throws HubError DeviceNotFound */
  getTwin(deviceId: string): TwinDocument {
    return toDocument(this.getDevice(deviceId));
  }

  /** The twin of a device, if there is one; for who only looks. */
  findTwin(deviceId: string): JsonObject | undefined {
    const device = this.#devices.get(deviceId);
    return device && { ...toDocument(device) };
  }

  /**
   * Merges a patch into tags and desired properties; without `ifMatch`, whatever the twin's etag.
   *
   * @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid
   */
  patchTwin(deviceId: string, write: twins.TwinWrite, ifMatch?: string): Promise<TwinDocument> {
    return this.#writeTwin(deviceId, ifMatch, 'updateTwin', (twin) => twins.patchTwin(twin, write));
  }

  /**
   * Replaces tags and desired properties; without `ifMatch`, whatever the twin's etag.
   *
   * @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid
   */
  replaceTwin(deviceId: string, write: twins.TwinWrite, ifMatch?: string): Promise<TwinDocument> {
    return this.#writeTwin(deviceId, ifMatch, 'replaceTwin', (twin) => twins.replaceTwin(twin, write));
  }

  /**
   * Merges a device's report; resolves with the new `$version` of its reported properties.
   *
   * @throws HubError DeviceNotFound, ArgumentInvalid
   */
  async patchReported(deviceId: string, patch: JsonObject): Promise<number> {
    const write = (twin: twins.TwinState) => twins.patchReported(twin, patch);
    const { properties } = await this.#writeTwin(deviceId, undefined, 'updateTwin', write);
    return properties.reported.$version;
  }

  /** Notes that a device connected or disconnected. */
  setConnectionState(deviceId: string, connected: boolean): void {
    const device = this.#devices.get(deviceId);
    if (!device || device.connected === connected) return;
    const now = serviceTime();
    this.#devices.set(deviceId, { ...device, connected, connectionChanged: now, lastActivity: now });
    this.events.emit('message', connectionStateMessage(this.name, deviceId, connected));
  }

  /** Takes a device-to-cloud message with its decoded property bag. */
  telemetry(deviceId: string, properties: Record<string, string>, body: Buffer): void {
    const device = this.getDevice(deviceId);
    this.#devices.set(deviceId, { ...device, lastActivity: serviceTime() });
    this.events.emit('message', telemetryMessage(device.identity, properties, body));
  }

  /**
   * Answers one page of a twin query, from twins as they are now.
   *
   * @throws QueryError where the text is not of the language, HubError NotImplemented where it asks for what is not served.
   */
  query(sql: string, page: PageRequest): QueryPage {
    return runQuery(sql, { twins: (after) => this.#twinsAfter(after) }, page);
  }

  *#twinsAfter(ordinal: number): Iterable<{ position: number; value: TwinDocument }> {
    for (const device of this.#devices.values()) {
      if (device.ordinal > ordinal) yield { position: device.ordinal, value: toDocument(device) };
    }
  }

  async #writeTwin(
    deviceId: string,
    ifMatch: string | undefined,
    opType: 'updateTwin' | 'replaceTwin',
    write: (twin: twins.TwinState) => twins.TwinChange,
  ): Promise<TwinDocument> {
    const device = this.getDevice(deviceId);
    if (ifMatch !== undefined) checkIfMatch(ifMatch, twins.twinEtag(device.twin));
    const change = write(device.twin);
    const document = toDocument(await this.#keep({ ...device, twin: change.twin }));
    this.events.emit('message', twinChangeMessage(this.name, opType, document, change));
    if (change.desired) this.events.emit('desired', { deviceId, patch: change.desired });
    return document;
  }

  /** Shows the device to readers, then waits until it is durable. */
  async #keep(device: Device): Promise<Device> {
    this.#devices.set(device.identity.deviceId, device);
    await this.#options.store?.put(device);
    return device;
  }
}

function sameKeys(one: SymmetricKey, other: SymmetricKey): boolean {
  return one.primaryKey === other.primaryKey && one.secondaryKey === other.secondaryKey;
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
