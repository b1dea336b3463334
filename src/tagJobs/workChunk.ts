import type { Hub } from '../azure/hub/hub';
import type { TagsPatch } from '../twins/tags';
import { workThrough } from '../workThrough';
import type { ChunkDevice } from './chunk';
import { ChunkOutcomes, giveUpLate } from './chunkOutcomes';
import { workMs } from './limits';
import type { TagMessage } from './messages';
import { ReplacedLog } from './replacedLog';
import { type Fault, tagDevice } from './tagDevice';
import type { TagJob } from './tagJob';
import type { TagJobStore } from './tagJobStore';
import type { TagRow } from './tagRow';
import { rowsToUndo } from './undoSource';

/** What became of a chunk in one go. */
export interface ChunkRun {
  done: number;
  pending: number;
  /** What kept the rest from being tagged; undefined where only time ran out. */
  hindrance: Hindrance | undefined;
}

/** Why the hub took no more. */
export interface Hindrance {
  fault: Exclude<Fault, 'device'>;
  status: number;
  detail: string;
}

/** Calls of a chunk that wait for their turn at a time; the scheduler of the instance paces them. */
const atATime = 8;

/** How old the knowledge may be of whether the job is still wanted, and of what the table says, in milliseconds. */
const freshMs = 1000;

/** Failures of the connection in a row after which the hub is taken for down. */
const downAfter = 5;

/** Tags the devices of a chunk of which nothing is known yet, until all are done or the hub takes no more. */
export async function workChunk(job: TagJob, message: TagMessage, store: TagJobStore, hub: Hub): Promise<ChunkRun> {
  const { jobId } = job;
  const row = await store.readProgress(jobId, message.number);
  if (!row) throw new Error(`Job ${jobId} has no chunk ${message.number}.`);
  const devices = await store.readDevices(jobId, message.number);
  const outcomes = new ChunkOutcomes(store, jobId, devices, row);
  const todo = outcomes.pending();
  const replaced = job.isUndoable ? await ReplacedLog.open(store.values, jobId, message.number) : undefined;
  const run = new Run(job, outcomes, store, hub, replaced);
  const { original } = job;
  const rowOf = original && (await rowsToUndo(original, message.number, original.force, store));
  await workThrough(todo, atATime, async (index) => {
    const device = devices[index];
    if (!device) throw new Error(`Chunk ${message.number} lacks device ${index}.`);
    return run.tag(index, await (rowOf ? rowOf(device[0]) : toRow(device, job.tags)));
  });
  await replaced?.save();
  giveUpLate(job, outcomes, run.hindrance);
  await outcomes.save();
  const pending = outcomes.pending().length;
  return { done: todo.length - pending, pending, hindrance: run.hindrance };
}

function toRow([deviceId, own, ifMatch]: ChunkDevice, shared: TagsPatch | undefined): TagRow {
  const tags = own ?? shared;
  if (!tags) throw new Error(`There are no tags for ${deviceId}.`);
  return { deviceId, tags, ...(ifMatch === undefined ? {} : { ifMatch }) };
}

/** One go at a chunk. */
class Run {
  hindrance: Hindrance | undefined;
  #failedInARow = 0;
  #savedAt = performance.now();
  #askedAt = performance.now();
  #isWanted = true;
  readonly #end = performance.now() + workMs;

  constructor(
    private readonly job: TagJob,
    private readonly outcomes: ChunkOutcomes,
    private readonly store: TagJobStore,
    private readonly hub: Hub,
    private readonly replaced: ReplacedLog | undefined,
  ) {}

  async tag(index: number, row: TagRow): Promise<'goOn' | 'enough'> {
    if (performance.now() > this.#end || !(await this.#stillWanted())) return 'enough';
    const { outcome, fault } = await tagDevice(this.hub, row, this.job, {
      writes: this.store.writes,
      replaced: this.replaced?.of(index, row.deviceId),
    });
    if (fault === undefined || fault === 'device') {
      this.#failedInARow = 0;
      this.outcomes.note(index, outcome);
      await this.#saveSometimes();
      return 'goOn';
    }
    this.hindrance = { fault, status: outcome.status, detail: outcome.detail ?? '' };
    // One device's connection may be cut while the others are served.
    return fault === 'unavailable' && ++this.#failedInARow < downAfter ? 'goOn' : 'enough';
  }

  async #stillWanted(): Promise<boolean> {
    if (performance.now() - this.#askedAt > freshMs) {
      this.#askedAt = performance.now();
      this.#isWanted = (await this.store.read(this.job.jobId))?.job.state !== 'cancelled';
    }
    return this.#isWanted;
  }

  async #saveSometimes(): Promise<void> {
    if (performance.now() - this.#savedAt < freshMs) return;
    this.#savedAt = performance.now();
    await this.outcomes.save();
  }
}
