import type { Clock } from '../limits/clock';
import { Indexes } from '../query/indexes';
import { Ordered } from '../query/ordered';
import type { Collection } from '../query/source';
import type { JsonObject } from '../service/types';
import type { Entry } from './entry';
import type { Fleet, FleetChange } from './fleet';

/** Devices or modules as they were. */
class Shown extends Ordered<Entry> implements Collection {
  readonly indexes = new Indexes();

  show({ ordinal, entry }: FleetChange): void {
    const before = this.get(ordinal);
    if (entry) this.add(entry);
    else this.delete(ordinal);
    this.indexes.changed(ordinal, before && reader(before), entry && reader(entry));
  }
}

/** What comes to be seen, and when. */
interface Pending {
  due: number;
  change: FleetChange;
}

/** Applied changes at the head of the queue that are dropped together. */
const compactAt = 1024;

/**
 * A fleet as it was some time ago, as the query engine of the service sees it: what is new comes late, what was deleted
 * stays for a while. Each entry is kept once more, with texts that both share.
 */
export class LateFleet {
  readonly #devices = new Shown();
  readonly #modules = new Shown();
  /** In the order of their time, which is that of their coming. */
  #queue: Pending[] = [];
  #applied = 0;

  /** Begins with the fleet as it is. */
  constructor(
    fleet: Fleet,
    private readonly lagMs: number,
    private readonly clock: Clock,
  ) {
    for (const entry of fleet.devices.after(0)) this.#devices.add(entry.copy());
    for (const entry of fleet.modules.after(0)) this.#modules.add(entry.copy());
    fleet.watch((change) => this.#take(change));
  }

  get devices(): Collection {
    this.#settle();
    return this.#devices;
  }

  get modules(): Collection {
    this.#settle();
    return this.#modules;
  }

  /** What is due is shown with every change as well, so that the queue stays short where nobody asks. */
  #take(change: FleetChange): void {
    this.#queue.push({ due: this.clock.now() + this.lagMs, change });
    this.#settle();
  }

  #settle(): void {
    const now = this.clock.now();
    for (let next = this.#queue[this.#applied]; next && next.due <= now; next = this.#queue[this.#applied]) {
      this.#applied++;
      (next.change.of === 'devices' ? this.#devices : this.#modules).show(next.change);
    }
    if (this.#applied < compactAt && this.#applied < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#applied);
    this.#applied = 0;
  }
}

function reader(entry: Entry): () => JsonObject {
  return () => entry.read();
}
