import type { TagChange } from '../twins/tagChanges';
import type { Replaced, ReplacedValues } from './replacedValues';

/** What a job remembers of a device. */
export interface DeviceMemory {
  /** What an earlier try has changed, or was about to. */
  changes: readonly TagChange[];
  /** Keeps what is about to be changed; it is kept when this returns. */
  keep(changes: readonly TagChange[]): Promise<void>;
  /** Notes the version that was made: it is kept with the next write of the log. */
  made(version: number): void;
}

/**
 * Keeps what a part of a job replaces, device by device. One write is under way at a time; who comes meanwhile shares the
 * next one, so that many devices at a time take few writes.
 */
export class ReplacedLog {
  readonly #known: Map<number, Replaced>;
  #fresh = new Map<number, Replaced>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(
    private readonly values: ReplacedValues,
    private readonly jobId: string,
    private readonly part: number,
    known: ReadonlyMap<number, Replaced>,
  ) {
    this.#known = new Map(known);
  }

  /** The log of a part, with what earlier goes at it have kept. */
  static async open(values: ReplacedValues, jobId: string, part: number): Promise<ReplacedLog> {
    return new ReplacedLog(values, jobId, part, await values.ofPart(jobId, part));
  }

  /** What is remembered of one device. */
  of(index: number, deviceId: string): DeviceMemory {
    return {
      changes: this.#known.get(index)?.changes ?? [],
      keep: async (changes) => {
        this.#note(index, { deviceId, changes });
        await this.save();
      },
      made: (version) => {
        const { changes = [] } = this.#known.get(index) ?? {};
        this.#note(index, { deviceId, changes, version });
      },
    };
  }

  /** Keeps all that was noted. */
  save(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const devices = [...this.#fresh];
      this.#fresh = new Map();
      const writing = devices.length > 0 ? this.values.keep(this.jobId, this.part, devices) : Promise.resolve();
      // A write that failed is told to those who wait for it, and does not keep the next from being tried.
      this.#running = writing.catch(() => {});
      return writing;
    });
    return this.#next;
  }

  #note(index: number, replaced: Replaced): void {
    this.#known.set(index, replaced);
    this.#fresh.set(index, replaced);
  }
}
