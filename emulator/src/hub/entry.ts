import type { Roots } from '../query/roots';
import type { Entry as QueryEntry } from '../query/source';
import type { JsonObject } from '../service/types';
import { type Connection, type Device, toDocumentText, toRow } from './device';
import { type Identity, idOf, splitId } from './identity';
import { isPackedDisabled, packIdentity, unpackIdentity } from './packedIdentity';
import type { TwinState } from './twin';

/**
 * A device or module as a fleet holds it: packed into text. A million of them as objects would take several times the
 * memory, and the garbage collector would walk them all.
 */
export class Entry implements Connection, QueryEntry {
  connected = false;
  connectionChanged?: string;
  lastActivity?: string;
  waiting?: number;

  private constructor(
    readonly ordinal: number,
    readonly id: string,
    private text: string,
  ) {}

  static of({ ordinal, identity, twin }: Device): Entry {
    return new Entry(ordinal, idOf(identity), pack(identity, twin));
  }

  /** From its id and {@link toText}. */
  static from(id: string, text: string): Entry {
    const end = text.indexOf('\n');
    return new Entry(Number(text.slice(0, end)), id, text.slice(end + 1));
  }

  /** What of it outlives the process. */
  toText(): string {
    return `${this.ordinal}\n${this.text}`;
  }

  /** Whether it is a device, and a disabled one: they are counted without unpacking. */
  get isDisabledDevice(): boolean {
    return splitId(this.id).moduleId === undefined && isPackedDisabled(this.text);
  }

  get isConnectedDevice(): boolean {
    return this.connected && splitId(this.id).moduleId === undefined;
  }

  unpack(): Device {
    const [identity = '', ...twin] = this.text.split('\n');
    const device: Device = {
      ordinal: this.ordinal,
      identity: unpackIdentity(splitId(this.id), identity),
      twin: unpackTwin(twin),
      connected: this.connected,
    };
    if (this.connectionChanged !== undefined) device.connectionChanged = this.connectionChanged;
    if (this.lastActivity !== undefined) device.lastActivity = this.lastActivity;
    if (this.waiting !== undefined) device.waiting = this.waiting;
    return device;
  }

  /** The same as it is now, whatever becomes of this one. They share their text. */
  copy(): Entry {
    const { connected, connectionChanged, lastActivity, waiting } = this;
    const entry = new Entry(this.ordinal, this.id, this.text);
    return Object.assign(entry, { connected, connectionChanged, lastActivity, waiting });
  }

  /** The twin's document as JSON: no section is parsed, and written again, for it. */
  toDocumentText(): string {
    const [packed = '', writes = '', tags = '', desired = '', reported = ''] = this.text.split('\n');
    const identity = unpackIdentity(splitId(this.id), packed);
    const twin = { writes: Number(writes), tags, desired, reported, reportedVersion: versionIn(reported) };
    return toDocumentText(identity, this, twin);
  }

  /** The twin, as queries see it. */
  read(roots?: Roots): JsonObject {
    if (roots && isSubset(roots, sections)) return this.#sections(roots);
    return toRow(this.unpack());
  }

  write({ identity, twin }: Partial<Pick<Device, 'identity' | 'twin'>>): void {
    const end = this.text.indexOf('\n');
    // Joined, which copies: a slice would keep all of the text before.
    this.text = [
      identity ? packIdentity(identity) : this.text.slice(0, end),
      twin ? packTwin(twin) : this.text.slice(end + 1),
    ].join('\n');
  }

  /** Most conditions are about tags or properties alone: nothing else is unpacked then. */
  #sections(roots: Roots): JsonObject {
    const [, , tags = '', desired = '', reported = ''] = this.text.split('\n');
    return {
      ...(roots.has('tags') && tags ? { tags: JSON.parse(tags) } : {}),
      ...(roots.has('properties')
        ? { properties: { desired: JSON.parse(desired), reported: JSON.parse(reported) } }
        : {}),
    };
  }
}

/** The version of a section as text. A name has no `$`, and within a string the quotes would be escaped. */
function versionIn(section: string): number {
  return Number(/"\$version":(\d+)/.exec(section)?.[1]);
}

const sections: Roots = new Set(['tags', 'properties']);

function isSubset(roots: Roots, of: Roots): boolean {
  for (const root of roots) if (!of.has(root)) return false;
  return true;
}

/** Lines: identity, writes, tags, desired and reported properties. JSON has no line breaks of its own. */
function pack(identity: Identity, twin: TwinState): string {
  return [packIdentity(identity), packTwin(twin)].join('\n');
}

function packTwin({ writes, tags, desired, reported }: TwinState): string {
  return [writes, ...[tags, desired, reported].map((section) => section && JSON.stringify(section))].join('\n');
}

function unpackTwin([writes, tags, desired = '', reported = '']: string[]): TwinState {
  const twin: TwinState = { writes: Number(writes), desired: JSON.parse(desired), reported: JSON.parse(reported) };
  if (tags) twin.tags = JSON.parse(tags);
  return twin;
}
