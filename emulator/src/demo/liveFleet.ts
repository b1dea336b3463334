import type { Hub } from '../iotHub';
import type { Clock } from '../limits/clock';
import { HubError } from '../service/hubError';
import { seededRandom } from '../service/random';
import type { JsonObject } from '../service/types';
import { batteryOf, connectivities, firmwares, idOf, one, plants } from './demoDevices';

/** How a fleet lives. */
export interface LiveOptions {
  /** Simulated devices. */
  devices: number;
  /** Changes a second, of all devices together. */
  perSecond: number;
  /** The same, and the same devices do the same things in the same order. */
  seed: number;
  clock: Clock;
}

/** What devices do, where of a hundred chances one below this comes and none before it was. */
type Doing = [below: number, act: (device: { id: string; twin: JsonObject; chance: number }) => unknown];

/** For how many changes of the fleet a device goes silent, at most. */
const longestSilence = 2000;

/**
 * A fleet whose simulated devices connect and disconnect, report battery, connectivity and firmware, move, and go silent
 * for a while. It acts inside the hub, past its doors: throttles and faults do not strike it. A device that a client has
 * connected as is left alone.
 */
export class LiveFleet {
  readonly #stopping = new AbortController();
  readonly #chance: () => number;
  readonly #doings: Doing[];
  /** At which change each silent device may do something again. */
  readonly #silentUntil = new Map<string, number>();
  #changes = 0;
  #ended: Promise<void> | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly options: LiveOptions,
  ) {
    this.#chance = seededRandom(options.seed);
    const report = (id: string, patch: JsonObject) => hub.patchReported(id, patch);
    this.#doings = [
      [50, ({ id, twin }) => report(id, { battery: batteryOf(twin) > 10 ? batteryOf(twin) - 1 : 100 })],
      [70, ({ id, twin }) => hub.setConnectionState(id, twin.connectionState !== 'Connected')],
      [85, ({ id, chance }) => report(id, { connectivity: one(connectivities, chance) })],
      [94, ({ id, chance }) => hub.patchTwin(id, { tags: { location: one(plants, chance) } })],
      [98, ({ id }) => report(id, { firmware: firmwares.at(-1) ?? '' })],
      [100, ({ id, chance }) => this.#silence(id, chance)],
    ];
  }

  start(): void {
    this.#ended = this.#live().catch((error) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #live(): Promise<void> {
    const { clock, perSecond } = this.options;
    for (let due = clock.now(); ; due += 1000 / perSecond) {
      await clock.wait(Math.max(0, due - clock.now()), this.#stopping.signal);
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    this.#changes++;
    const id = idOf(Math.floor(this.#chance() * this.options.devices));
    // All drawn, whatever becomes of it: what comes next hangs on the seed alone.
    const [which, chance] = [this.#chance() * 100, this.#chance()];
    const twin = this.hub.findTwin(id);
    if (!twin || this.hub.hasClient(id) || (this.#silentUntil.get(id) ?? 0) > this.#changes) return;
    const doing = this.#doings.find(([below]) => which < below);
    try {
      await doing?.[1]({ id, twin, chance });
    } catch (error) {
      // The disk is full, or somebody removes the device just now: the fleet lives on.
      if (!(error instanceof HubError)) throw error;
    }
  }

  #silence(id: string, chance: number): void {
    this.hub.setConnectionState(id, false);
    this.#silentUntil.set(id, this.#changes + Math.ceil(chance * longestSilence));
  }
}
