import type { Store } from '../store/store';
import { DeviceJob, type DeviceJobState, DeviceJobs } from './deviceJobs';
import type { Job, JobState } from './job';

/**
 * Jobs in the hub's store: what a job is under its id, what became of its devices under `id/block`, a block at a time. No
 * job's id holds a slash.
 */
export class KeptJobs {
  readonly #unfinished = new Set<Promise<unknown>>();
  #closed = false;

  constructor(private readonly store: Store | undefined) {}

  /** In the order of their creation. */
  load(): Job[] {
    const states: JobState[] = [];
    const blocks = new Map<string, { at: number; devices: DeviceJobState[] }[]>();
    for (const [key, text] of this.store?.all('job') ?? []) {
      const [jobId = '', at] = key.split('/');
      if (at === undefined) states.push(JSON.parse(text));
      else blocks.set(jobId, [...(blocks.get(jobId) ?? []), { at: Number(at), devices: JSON.parse(text) }]);
    }
    return states
      .sort((one, other) => one.ordinal - other.ordinal)
      .map((state) => {
        const { jobId } = state;
        const inOrder = (blocks.get(jobId) ?? []).sort((one, other) => one.at - other.at);
        // The process ended while the job looked for its devices: it looks again.
        if (state.began === undefined) {
          for (const { at } of inOrder.splice(0)) void this.#do((store) => store.delete('job', keyOf(jobId, at)));
        }
        return toJob(
          state,
          inOrder.map(({ devices }) => devices),
        );
      });
  }

  /** @throws HubError ServiceUnavailable while nothing can be kept. */
  check(): void {
    this.store?.check();
  }

  /** Resolves when what the job is is durable. */
  keep({ state }: Job): Promise<void> {
    return this.#do((store) => store.put('job', state.jobId, JSON.stringify(state)));
  }

  /** Resolves when what became of a block of the job's devices is durable. */
  keepBlock({ state, devices }: Job, at: number): Promise<void> {
    const block = devices.blocks[at] ?? [];
    const text = JSON.stringify(block.map((device) => device.state));
    return this.#do((store) => store.put('job', keyOf(state.jobId, at), text));
  }

  async forget({ state: { jobId }, devices }: Job): Promise<void> {
    const keys = [jobId, ...devices.blocks.map((_, at) => keyOf(jobId, at))];
    await Promise.all(keys.map((key) => this.#do((store) => store.delete('job', key))));
  }

  /** From here on nothing is written; resolves when what was begun is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#unfinished);
  }

  #do(write: (store: Store) => Promise<void>): Promise<void> {
    const doing = this.#write(write);
    // Who waits for it may come late.
    doing.catch(() => undefined);
    return doing;
  }

  async #write(write: (store: Store) => Promise<void>): Promise<void> {
    if (!this.store || this.#closed) return;
    const writing = write(this.store);
    this.#unfinished.add(writing);
    try {
      await writing;
    } finally {
      this.#unfinished.delete(writing);
    }
  }
}

function keyOf(jobId: string, block: number): string {
  return `${jobId}/${block}`;
}

function toJob(state: JobState, blocks: DeviceJobState[][]): Job {
  const devices = new DeviceJobs();
  const job = { jobId: state.jobId, jobType: state.work.type };
  for (const block of blocks) devices.add(block.map((each) => new DeviceJob(job, each)));
  return { state, devices };
}
