import { Indexes } from '../query/indexes';
import { Ordered } from '../query/ordered';
import type { Collection } from '../query/source';
import type { JsonObject } from '../service/types';
import type { Store } from '../store/store';
import { type Connection, type Device, toRow } from './device';
import { Entry } from './entry';
import { type Identity, idOf, splitId } from './identity';
import type { TwinState } from './twin';

/** Devices or modules in the order of their creation. */
class Members extends Ordered<Entry> implements Collection {
  readonly indexes = new Indexes();

  constructor(readonly ofDevice: (deviceId: string) => number[]) {
    super();
  }
}

/** What became of a device or module: a copy of its entry, or nothing where it is gone. */
export interface FleetChange {
  of: 'devices' | 'modules';
  ordinal: number;
  entry: Entry | undefined;
}

/**
 * Every device and module of a hub, by id and in the order of their creation.
 *
 * Reads are synchronous. A change is seen by readers at once, and its promise resolves when it is durable.
 */
export class Fleet {
  readonly devices = new Members((deviceId) => this.#ordinals([deviceId]));
  readonly modules = new Members((deviceId) => this.#ordinals(this.modulesOf(deviceId)));
  readonly #entries = new Map<string, Entry>();
  readonly #modulesOf = new Map<string, Set<string>>();
  /** Microseconds of the epoch to begin with: a place is never taken again, by a later process neither. */
  #lastOrdinal = Date.now() * 1000;
  #disabled = 0;
  #connected = 0;
  #watcher: ((change: FleetChange) => void) | undefined;

  constructor(private readonly store?: Store) {
    const kept = [...(store?.all('identity') ?? [])].map(([id, text]) => Entry.from(id, text));
    for (const entry of kept.sort((one, other) => one.ordinal - other.ordinal)) this.#add(entry);
  }

  /** Tells one watcher of every change from now on. */
  watch(watcher: (change: FleetChange) => void): void {
    this.#watcher = watcher;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  find(id: string): Device | undefined {
    return this.#entries.get(id)?.unpack();
  }

  /** Nothing else is unpacked for it. */
  identityOf(id: string): Identity | undefined {
    return this.#entries.get(id)?.identity;
  }

  connectionOf(id: string): Connection | undefined {
    return this.#entries.get(id)?.connection;
  }

  /** The twin's document, as JSON. */
  textOf(id: string): string | undefined {
    return this.#entries.get(id)?.toDocumentText();
  }

  /** Ids of a device's modules, in the order of their creation. */
  modulesOf(deviceId: string): string[] {
    return [...(this.#modulesOf.get(deviceId) ?? [])];
  }

  /** Devices, without modules. */
  count(): { total: number; disabled: number; connected: number } {
    return { total: this.devices.size, disabled: this.#disabled, connected: this.#connected };
  }

  /** Takes a new device or module behind all others. */
  async add(identity: Identity, twin: TwinState): Promise<Device> {
    this.store?.check();
    const device: Device = { ordinal: ++this.#lastOrdinal, identity, twin, connected: false };
    const entry = Entry.of(device);
    this.#add(entry);
    this.#membersOf(entry.id).indexes.changed(entry.ordinal, undefined, () => toRow(device));
    this.#watched(entry);
    await this.store?.put('identity', entry.id, entry.toText());
    return device;
  }

  /** Takes what became of a device or module. */
  async change(before: Device, changes: Partial<Pick<Device, 'identity' | 'twin'>>): Promise<Device> {
    this.store?.check();
    const after = { ...before, ...changes };
    const id = idOf(before.identity);
    const entry = this.#entries.get(id);
    if (!entry) return after;
    if (changes.identity) this.#disabled -= Number(entry.isDisabledDevice);
    entry.write(changes, before);
    if (changes.identity) this.#disabled += Number(entry.isDisabledDevice);
    this.#told(
      entry,
      () => toRow(before),
      () => toRow(after),
    );
    await this.store?.put('identity', id, entry.toText());
    return after;
  }

  /** Notes a change of a connection, which is not kept; of an identity that is not there, nothing. */
  connect(id: string, changes: Partial<Connection>): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const before = entry.copy();
    entry.connection = { ...entry.connection, ...changes };
    this.#connected += Number(entry.isConnectedDevice) - Number(before.isConnectedDevice);
    this.#told(
      entry,
      () => before.read(),
      () => entry.read(),
    );
  }

  async remove(device: Device): Promise<void> {
    this.store?.check();
    const id = idOf(device.identity);
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#disabled -= Number(entry.isDisabledDevice);
    this.#connected -= Number(entry.isConnectedDevice);
    const { deviceId } = splitId(id);
    this.#modulesOf.get(deviceId)?.delete(id);
    const members = this.#membersOf(id);
    members.delete(entry.ordinal);
    members.indexes.changed(entry.ordinal, () => toRow(device), undefined);
    this.#watched(entry, true);
    await this.store?.delete('identity', id);
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#lastOrdinal = Math.max(this.#lastOrdinal, entry.ordinal);
    this.#disabled += Number(entry.isDisabledDevice);
    this.#membersOf(entry.id).add(entry);
    const { deviceId, moduleId } = splitId(entry.id);
    if (moduleId === undefined) return;
    const modules = this.#modulesOf.get(deviceId) ?? new Set();
    this.#modulesOf.set(deviceId, modules.add(entry.id));
  }

  #told(entry: Entry, before: () => JsonObject, after: () => JsonObject): void {
    this.#membersOf(entry.id).indexes.changed(entry.ordinal, before, after);
    this.#watched(entry);
  }

  /** Makes copies only where somebody watches. */
  #watched(entry: Entry, isGone = false): void {
    if (!this.#watcher) return;
    const of = this.#membersOf(entry.id) === this.devices ? 'devices' : 'modules';
    this.#watcher({ of, ordinal: entry.ordinal, entry: isGone ? undefined : entry.copy() });
  }

  #membersOf(id: string): Members {
    return splitId(id).moduleId === undefined ? this.devices : this.modules;
  }

  #ordinals(ids: string[]): number[] {
    return ids.flatMap((id) => this.#entries.get(id)?.ordinal ?? []);
  }
}
