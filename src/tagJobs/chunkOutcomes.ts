import type { ChunkProgress, ChunkRow } from './chunk';
import { ageOf, giveUpAfterMs } from './limits';
import type { Outcome, TagJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';

/** What is known of the outcomes of a chunk, and is written from time to time. */
export class ChunkOutcomes {
  #row: ChunkRow;
  /** Not written yet, by index. */
  #fresh = new Map<number, Outcome>();
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: TagJobStore,
    private readonly jobId: string,
    private readonly devices: readonly (readonly [deviceId: string, ...unknown[]])[],
    row: ChunkRow,
  ) {
    this.#row = row;
  }

  /** The devices of which nothing is known yet, by index. */
  pending(): number[] {
    return [...this.#row.progress.outcomes].flatMap((outcome, index) =>
      outcome === '.' && !this.#fresh.has(index) ? [index] : [],
    );
  }

  note(index: number, outcome: Outcome): void {
    this.#fresh.set(index, outcome);
  }

  /** Writes what was noted; one write after the other. */
  save(): Promise<void> {
    const writing = this.#writing.then(() => this.#write());
    // A write that failed is told to those who asked for it, and does not keep the next from being tried.
    this.#writing = writing.catch(() => {});
    return writing;
  }

  async #write(): Promise<void> {
    const fresh = this.#fresh;
    if (fresh.size === 0) return;
    this.#fresh = new Map();
    try {
      await this.#keepFailures(fresh);
      await this.#merge(fresh);
    } catch (error) {
      this.#fresh = new Map([...fresh, ...this.#fresh]);
      throw error;
    }
  }

  /** Before the outcomes: a device that counts as failed is in the list of failures. */
  async #keepFailures(fresh: ReadonlyMap<number, Outcome>): Promise<void> {
    const chunk = this.#row.progress.number;
    const failures = [...fresh].flatMap(([index, { status, detail = '' }]) => {
      const [deviceId = ''] = this.devices[index] ?? [];
      return status === 200 ? [] : [{ chunk, index, deviceId, status, detail }];
    });
    if (failures.length > 0) await this.store.keepFailures(this.jobId, failures);
  }

  /** Where a repetition of this chunk wrote meanwhile, both are right: a device that was tagged once is tagged. */
  async #merge(fresh: ReadonlyMap<number, Outcome>): Promise<void> {
    for (;;) {
      const progress = merged(this.#row.progress, fresh);
      const etag = await this.store.writeProgress(this.jobId, progress, this.#row.etag);
      if (etag !== undefined) {
        await this.#forgetFailures(progress, fresh);
        this.#row = { progress, etag };
        return;
      }
      const row = await this.store.readProgress(this.jobId, progress.number);
      if (!row) return;
      this.#row = row;
    }
  }

  async #forgetFailures({ number: chunk, outcomes }: ChunkProgress, fresh: ReadonlyMap<number, Outcome>) {
    for (const [index, { status }] of fresh) {
      const before = this.#row.progress.outcomes[index];
      const mayBeListed = before === 'f' || (before === 's' && status !== 200);
      if (outcomes[index] === 's' && mayBeListed) await this.store.forgetFailure(this.jobId, { chunk, index });
    }
  }
}

/** Counts what is still pending as failed, once the job is too old to go on. */
export function giveUpLate(job: TagJob, outcomes: ChunkOutcomes, last: Outcome | undefined): void {
  if (ageOf(job) < giveUpAfterMs) return;
  const { status, detail } = last ?? { status: 0, detail: 'Its turn never came.' };
  for (const index of outcomes.pending())
    outcomes.note(index, { status, detail: `Given up after 24 hours. ${detail}` });
}

function merged(progress: ChunkProgress, fresh: ReadonlyMap<number, Outcome>): ChunkProgress {
  const outcomes = [...progress.outcomes].map((before, index) => {
    const outcome = fresh.get(index);
    if (!outcome || before === 's') return before;
    return outcome.status === 200 ? 's' : 'f';
  });
  const isDone = !outcomes.includes('.');
  return {
    ...progress,
    outcomes: outcomes.join(''),
    ...(isDone ? { endedAt: progress.endedAt ?? new Date().toISOString() } : {}),
  };
}
