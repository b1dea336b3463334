import type { Sender } from 'rhea';
import { refuse } from '../../amqp/rheaInternals';

/** The condition by which Event Hubs tells a receiver that another one has taken its partition. */
const stolen = 'amqp:link:stolen';

interface Reader {
  link: Sender;
  /** `undefined` where the receiver asks for no ownership. */
  level: number | undefined;
}

/**
 * Who reads which partition of which consumer group. A receiver with an owner level reads alone: it ends those of lower
 * levels and those without, and is refused while one of a higher level reads.
 */
export class Owners {
  readonly #readers = new Map<string, Reader[]>();

  /** @returns how to leave; `undefined` where the receiver was refused, and its link closed. */
  enter(place: string, link: Sender, level: number | undefined): (() => void) | undefined {
    const present = this.#readers.get(place) ?? [];
    const owner = present.find((reader) => reader.level !== undefined);
    if (owner?.level !== undefined && (level === undefined || level < owner.level)) {
      end(link, `The partition is read by a receiver of owner level ${owner.level}.`);
      return undefined;
    }
    const stay = level === undefined ? present : [];
    for (const reader of present) {
      if (!stay.includes(reader)) end(reader.link, `A receiver of owner level ${level} has taken the partition.`);
    }
    this.#readers.set(place, [...stay, { link, level }]);
    return () => {
      const left = (this.#readers.get(place) ?? []).filter((reader) => reader.link !== link);
      this.#readers.set(place, left);
    };
  }
}

/**
 * Reads the owner level that a receiver asks for, called epoch on the wire: a 64-bit integer, which may come as bytes.
 *
 * @returns undefined where it asks for none, NaN where it asks for what is no level.
 */
export function ownerLevel({ properties }: Sender): number | undefined {
  const level: unknown = properties?.['com.microsoft:epoch'];
  return level === undefined ? undefined : Number(Buffer.isBuffer(level) ? level.readBigInt64BE() : level);
}

function end(link: Sender, description: string): void {
  refuse(link, stolen, description);
}
