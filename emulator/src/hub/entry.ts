import type { Entry as QueryEntry } from '../query/source';
import { type Connection, type Device, toDocument } from './device';
import { type Identity, idOf, splitId } from './identity';
import { packIdentity, unpackIdentity } from './packedIdentity';
import type { JsonObject } from './types';

/**
 * A device or module as a fleet holds it: identity and twin packed into text. A million of them as objects would take
 * several times the memory, and the garbage collector would walk them all.
 */
export class Entry implements Connection, QueryEntry {
  connected = false;
  connectionChanged?: string;
  lastActivity?: string;

  private constructor(
    readonly ordinal: number,
    readonly id: string,
    /** Whether it is a device, and a disabled one: they are counted without unpacking. */
    private off: boolean,
    private identity: string,
    private twin: string,
  ) {}

  static of({ ordinal, identity, twin }: Device): Entry {
    return new Entry(ordinal, idOf(identity), isOff(identity), packIdentity(identity), JSON.stringify(twin));
  }

  /** From its id and {@link toText}. */
  static from(id: string, text: string): Entry {
    const [ordinal, identity = '', twin = ''] = text.split('\n');
    return new Entry(Number(ordinal), id, isOff(unpackIdentity(splitId(id), identity)), identity, twin);
  }

  /** What of it outlives the process: lines, for JSON has no line breaks of its own. */
  toText(): string {
    return `${this.ordinal}\n${this.identity}\n${this.twin}`;
  }

  get isDisabledDevice(): boolean {
    return this.off;
  }

  unpack(): Device {
    const { ordinal, connected, connectionChanged, lastActivity } = this;
    return {
      ordinal,
      identity: unpackIdentity(splitId(this.id), this.identity),
      twin: JSON.parse(this.twin),
      connected,
      ...(connectionChanged === undefined ? {} : { connectionChanged }),
      ...(lastActivity === undefined ? {} : { lastActivity }),
    };
  }

  /** The twin, as queries see it. */
  read(): JsonObject {
    return { ...toDocument(this.unpack()) };
  }

  write({ identity, twin }: Pick<Device, 'identity' | 'twin'>): void {
    this.off = isOff(identity);
    this.identity = packIdentity(identity);
    this.twin = JSON.stringify(twin);
  }
}

function isOff({ moduleId, status }: Identity): boolean {
  return moduleId === undefined && status === 'disabled';
}
