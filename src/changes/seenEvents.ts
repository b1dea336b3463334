import { isOfConnection, type TwinEvent } from './twinEvent';

/** How an event stands to those seen before of the same twin. */
export type Novelty = 'new' | 'repeated' | 'older';

interface Seen {
  /** When the device was last created or deleted; empty where that was not told. Versions of before mean nothing. */
  bornAt: string;
  version: number;
  /** Time of that version. */
  time: string;
  ids: string[];
}

const maxIds = 8;

/**
 * Remembers the last events of each twin, since Event Grid delivers them at least once and in no order.
 *
 * It is this instance's memory, bounded by forgetting the twin unheard of for longest: a help to the reader of a log.
 * What must not happen twice needs a store that instances share.
 */
export class SeenEvents {
  readonly #twins = new Map<string, Seen>();

  constructor(private readonly maxTwins = 10_000) {}

  /** Judges an event by what was seen, and remembers it. */
  see(event: TwinEvent): Novelty {
    const twin = `${event.source}/${event.subject}`;
    const seen = this.#twins.get(twin) ?? { bornAt: '', version: 0, time: '', ids: [] };
    const novelty = seen.ids.includes(event.id) ? 'repeated' : isOlder(event, seen) ? 'older' : 'new';
    const next = novelty === 'new' ? advance(seen, event) : seen;
    this.#twins.delete(twin);
    this.#twins.set(twin, novelty === 'repeated' ? seen : { ...next, ids: [...seen.ids, event.id].slice(-maxIds) });
    const [oldest = twin] = this.#twins.keys();
    if (this.#twins.size > this.maxTwins) this.#twins.delete(oldest);
    return novelty;
  }
}

function isOlder(event: TwinEvent, seen: Seen): boolean {
  const { time } = event;
  if (time < seen.bornAt) return true;
  // A lower version at a later time is of a device made again, whose creation was not told yet.
  return event.type === 'DeviceTwins.TwinChanged' && event.data.version <= seen.version && time <= seen.time;
}

function advance(seen: Seen, event: TwinEvent): Seen {
  const { time } = event;
  if (isOfConnection(event)) return seen;
  if (event.type === 'DeviceTwins.TwinChanged') return { ...seen, version: event.data.version, time };
  // Told late, a creation does not undo the changes that followed it.
  return seen.time > time ? { ...seen, bornAt: time } : { ...seen, bornAt: time, version: 0, time };
}
