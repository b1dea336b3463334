import type { Roots } from '../query/roots';
import type { Entry as QueryEntry } from '../query/source';
import type { JsonObject } from '../service/types';
import { abbreviate, inFull } from './abbreviation';
import { type Connection, type Device, toDocumentText, toRow } from './device';
import { type Identity, idOf, splitId } from './identity';
import { isPackedDisabled, packIdentity, unpackIdentity } from './packedIdentity';
import type { TwinState } from './twin';

/**
 * A device or module as a fleet holds it: packed into text. A million of them as objects would take several times the
 * memory, and the garbage collector would walk them all.
 */
export class Entry implements QueryEntry {
  /** Most devices of a large fleet share this one, for they have never been heard of. */
  connection: Connection = unheardOf;

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
    const [ordinal = '', identity = '', writes = '', tags = '', desired = '', reported = ''] = text.split('\n');
    const kept = [identity, writes, tags, abbreviate(desired), abbreviate(reported)];
    return new Entry(Number(ordinal), id, kept.join('\n'));
  }

  /** What of it outlives the process, in full. */
  toText(): string {
    return `${this.ordinal}\n${inFull(this.text)}`;
  }

  /** Whether it is a device, and a disabled one: they are counted without unpacking. */
  get isDisabledDevice(): boolean {
    return splitId(this.id).moduleId === undefined && isPackedDisabled(this.text);
  }

  get isConnectedDevice(): boolean {
    return this.connection.connected && splitId(this.id).moduleId === undefined;
  }

  get identity(): Identity {
    return unpackIdentity(splitId(this.id), this.text.slice(0, this.text.indexOf('\n')));
  }

  unpack(): Device {
    const [identity = '', ...twin] = this.text.split('\n');
    return {
      ordinal: this.ordinal,
      identity: unpackIdentity(splitId(this.id), identity),
      twin: unpackTwin(twin),
      ...this.connection,
    };
  }

  /** The same as it is now, whatever becomes of this one. They share their text. */
  copy(): Entry {
    const entry = new Entry(this.ordinal, this.id, this.text);
    entry.connection = this.connection;
    return entry;
  }

  /** The twin's document as JSON: no section is parsed, and written again, for it. */
  toDocumentText(): string {
    const [packed = '', writes = '', tags = '', ...properties] = this.text.split('\n');
    const [desired = '', reported = ''] = properties.map(inFull);
    const identity = unpackIdentity(splitId(this.id), packed);
    const twin = { writes: Number(writes), tags, desired, reported, reportedVersion: versionIn(reported) };
    return toDocumentText(identity, this.connection, twin);
  }

  /** The twin, as queries see it. */
  read(roots?: Roots): JsonObject {
    if (roots && isSubset(roots, sections)) return this.#sections(roots);
    return toRow(this.unpack());
  }

  /** Takes what became of it. A section that is the one it was before is not written again. */
  write({ identity, twin }: Partial<Pick<Device, 'identity' | 'twin'>>, before: Device): void {
    const [packed = '', ...kept] = this.text.split('\n');
    // Joined, which copies: a slice would keep all of the text before.
    this.text = [
      identity ? packIdentity(identity) : packed,
      ...(twin ? packTwin(twin, { twin: before.twin, packed: kept }) : kept),
    ].join('\n');
  }

  /** Most conditions are about tags or properties alone: nothing else is unpacked then. */
  #sections(roots: Roots): JsonObject {
    const [, , tags = '', desired = '', reported = ''] = this.text.split('\n');
    return {
      ...(roots.has('tags') && tags ? { tags: JSON.parse(tags) } : {}),
      ...(roots.has('properties')
        ? { properties: { desired: JSON.parse(inFull(desired)), reported: JSON.parse(inFull(reported)) } }
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

const unheardOf: Connection = { connected: false };

/** Lines: identity, writes, tags, desired and reported properties. JSON has no line breaks of its own. */
function pack(identity: Identity, twin: TwinState): string {
  return [packIdentity(identity), ...packTwin(twin)].join('\n');
}

const sectionNames = ['tags', 'desired', 'reported'] as const;

/** @param before as it was, and its lines. */
function packTwin(twin: TwinState, before?: { twin: TwinState; packed: string[] }): string[] {
  const lines = sectionNames.map((name, index) => {
    const section = twin[name];
    const line = section === before?.twin[name] ? before?.packed[index + 1] : undefined;
    if (line !== undefined) return line;
    const json = section ? JSON.stringify(section) : '';
    return name === 'tags' ? json : abbreviate(json);
  });
  return [String(twin.writes), ...lines];
}

function unpackTwin([writes, tags, desired = '', reported = '']: string[]): TwinState {
  const twin: TwinState = {
    writes: Number(writes),
    desired: JSON.parse(inFull(desired)),
    reported: JSON.parse(inFull(reported)),
  };
  if (tags) twin.tags = JSON.parse(tags);
  return twin;
}
