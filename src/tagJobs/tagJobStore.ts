import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import type { ChangeHistory } from '../history/changeHistory';
import type { WriteLog } from '../history/writeLog';
import {
  type Chunk,
  type ChunkDevice,
  type ChunkProgress,
  type ChunkRow,
  devicesKey,
  fromChunkRow,
  padded,
  progressKey,
  toChunkRows,
} from './chunk';
import { ageOf, keptMs } from './limits';
import { ReplacedValues } from './replacedValues';
import type { Failure, StoredJob, TagJob } from './tagJob';

/** Who holds an idempotency key. */
export interface Claim {
  jobId: string;
  /** Tells requests apart. */
  fingerprint: string;
  claimedAt: string;
  /** Whoever held it has failed to start its job. */
  isReleased?: boolean;
}

const jobRow = 'job';
const claimRow = 'claim';

/** The last moment that a `Date` can hold, in milliseconds. */
const lastMoment = 8.64e15;

/** The partition of the list of all jobs: no job and no key is called so. */
const entries = 'jobs|all';

/**
 * The memory of tag jobs: in `TagJobs` a partition a job with the row `job` and, for each chunk, one row with its devices
 * and one with what became of them, and a partition that lists all jobs by their time; in `TagJobFailures` a row for each device that was not tagged.
 *
 * Counts are summed from the chunks when they are asked for: a counter would be a row that every worker fights for.
 */
export class TagJobStore {
  /** What jobs replaced. */
  readonly values: ReplacedValues;

  constructor(
    private readonly tables: Pick<Tables, 'use'>,
    /** Where it is noted who has a job write a twin. */
    readonly writes: WriteLog,
    /** What is known of what a job of the hub replaced. */
    readonly history: ChangeHistory,
  ) {
    this.values = new ReplacedValues(tables);
  }

  /** A job that is told of still: see {@link keptMs}. */
  async read(jobId: string): Promise<StoredJob | undefined> {
    const row = await this.tables.use('TagJobs', (table) => table.get(jobId, jobRow));
    if (!row) return undefined;
    const job = fromColumns('job', row) as TagJob;
    return ageOf(job) > keptMs ? undefined : { job, etag: row.etag };
  }

  /** Writes a job, with an etag only where it is as it was read; whether it was. */
  async write(job: TagJob, etag?: string): Promise<boolean> {
    const row = { partitionKey: job.jobId, rowKey: jobRow, ...toColumns('job', job) };
    return this.tables.use('TagJobs', async (table) => {
      if (etag !== undefined) return (await table.putIf(row, etag)) !== undefined;
      await table.put(row);
      return true;
    });
  }

  /**
   * Enters a job into the list of all jobs, before anything else is kept of it: a job is never without its entry. One
   * that its request begins again is entered again; what was entered before tells another time than the job.
   */
  async enter({ jobId, createdAt }: Pick<TagJob, 'jobId' | 'createdAt'>): Promise<void> {
    const row = { partitionKey: entries, rowKey: entryKey(jobId, createdAt), createdAt };
    await this.tables.use('TagJobs', (table) => table.put(row));
  }

  /** Entries of the list of all jobs, newest first, after one of them. */
  async listEntries(most: number, after?: string): Promise<EntryPage> {
    const range = { partitionKey: entries, ...(after === undefined ? {} : { after }) };
    const page = await this.tables.use('TagJobs', (table) => table.list(range, most));
    return { entries: page.rows.map(toEntry), isMore: page.continuation !== undefined };
  }

  /** Holds an idempotency key for a job; where it is held already, tells by whom. */
  async claim(key: string, claim: Claim): Promise<Claim> {
    const partitionKey = claimOf(key);
    return this.tables.use('TagJobs', async (table) => {
      const row = { partitionKey, rowKey: claimRow, ...toColumns('claim', claim) };
      for (;;) {
        const held = await table.get(partitionKey, claimRow);
        const before = held && (fromColumns('claim', held) as Claim);
        if (before && ageOf({ createdAt: before.claimedAt }) < keptMs) return before;
        if ((await table.putIf(row, held?.etag)) !== undefined) return claim;
      }
    });
  }

  /** Lets the next request with the key go on with its job: who held it has failed to start it. */
  async release(key: string, claim: Claim): Promise<void> {
    const released: Claim = { ...claim, isReleased: true };
    const row = { partitionKey: claimOf(key), rowKey: claimRow, ...toColumns('claim', released) };
    await this.tables.use('TagJobs', (table) => table.put(row));
  }

  /** Writes the chunks of a job of which none was worked yet. */
  async putChunks(jobId: string, chunks: readonly Chunk[]): Promise<void> {
    await this.tables.use('TagJobs', (table) => table.putAll(chunks.flatMap((chunk) => toChunkRows(jobId, chunk))));
  }

  /** Adds a chunk; one that is there stays as it is. */
  async addChunk(jobId: string, chunk: Chunk): Promise<void> {
    await this.tables.use('TagJobs', (table) => table.addAll(toChunkRows(jobId, chunk)));
  }

  async readProgress(jobId: string, number: number): Promise<ChunkRow | undefined> {
    const row = await this.tables.use('TagJobs', (table) => table.get(jobId, progressKey(number)));
    return row && fromChunkRow(row);
  }

  /** The devices of a chunk, each with its tags where it has its own. */
  async readDevices(jobId: string, number: number): Promise<Chunk['devices']> {
    const row = await this.tables.use('TagJobs', (table) => table.get(jobId, devicesKey(number)));
    return row ? (fromColumns('devices', row) as ChunkDevice[]) : [];
  }

  /** Writes what became of a chunk where it is as it was read; the new etag, undefined where it is not. */
  async writeProgress(jobId: string, progress: ChunkProgress, etag: string): Promise<string | undefined> {
    const row = { partitionKey: jobId, rowKey: progressKey(progress.number), ...toColumns('progress', progress) };
    return this.tables.use('TagJobs', (table) => table.putIf(row, etag));
  }

  /** What became of all chunks of a job, page by page. */
  async *progressOf(jobId: string): AsyncGenerator<ChunkRow[], void> {
    let continuation: string | undefined;
    do {
      const range = { partitionKey: jobId, prefix: 'progress|' };
      const page = await this.tables.use('TagJobs', (table) => table.list(range, maxRowsPerPage, continuation));
      yield page.rows.map(fromChunkRow);
      continuation = page.continuation;
    } while (continuation !== undefined);
  }

  /** What became of the chunks from a number on, as many as one request reads. */
  async progressFrom(jobId: string, number: number): Promise<{ chunks: ChunkProgress[]; isMore: boolean }> {
    const range = {
      partitionKey: jobId,
      prefix: 'progress|',
      ...(number > 0 ? { after: progressKey(number - 1) } : {}),
    };
    const page = await this.tables.use('TagJobs', (table) => table.list(range, maxRowsPerPage));
    const chunks = page.rows.map((row) => fromChunkRow(row).progress);
    return { chunks, isMore: page.continuation !== undefined };
  }

  /** The failures of a chunk, by the index of their device. */
  async failuresOfChunk(jobId: string, number: number): Promise<Map<number, Failure>> {
    const range = { partitionKey: jobId, prefix: `${padded(number)}|` };
    const page = await this.tables.use('TagJobFailures', (table) => table.list(range, maxRowsPerPage));
    return new Map(page.rows.map((row) => [Number(row.rowKey.split('|')[1]), toFailure(row)]));
  }

  /** Keeps failures by the place of their device; one that is kept again is the same row. */
  async keepFailures(jobId: string, failures: readonly (Failure & Place)[]): Promise<void> {
    const rows = failures.map(({ chunk, index, ...failure }) => ({
      partitionKey: jobId,
      rowKey: failureKey(chunk, index),
      ...toColumns('failure', failure),
    }));
    await this.tables.use('TagJobFailures', (table) => table.putAll(rows));
  }

  async forgetFailure(jobId: string, { chunk, index }: Place): Promise<void> {
    await this.tables.use('TagJobFailures', (table) => table.remove(jobId, failureKey(chunk, index)));
  }

  /** One page of failures, in the order of the devices. */
  async listFailures(jobId: string, pageSize: number, continuation: string | undefined): Promise<FailurePage> {
    const page = await this.tables.use('TagJobFailures', (table) =>
      table.list({ partitionKey: jobId }, pageSize, continuation),
    );
    return { failures: page.rows.map(toFailure), continuation: page.continuation };
  }
}

/** A job in the list of all jobs. */
export interface Entry {
  jobId: string;
  createdAt: string;
  /** Its place in the list. */
  place: string;
}

export interface EntryPage {
  entries: Entry[];
  isMore: boolean;
}

/** Where in a job a device stands. */
export interface Place {
  chunk: number;
  index: number;
}

/** One page of the devices that were not tagged. */
export interface FailurePage {
  failures: Failure[];
  continuation: string | undefined;
}

/** Rows come in the order of their keys: what is left of all time counts down, so that later jobs come first. */
function entryKey(jobId: string, createdAt: string): string {
  return `${String(lastMoment - Date.parse(createdAt)).padStart(16, '0')}|${jobId}`;
}

function toEntry({ rowKey, createdAt }: StoredRow): Entry {
  return { jobId: rowKey.slice(rowKey.indexOf('|') + 1), createdAt: String(createdAt), place: rowKey };
}

function toFailure(row: StoredRow): Failure {
  return fromColumns('failure', row) as Failure;
}

function claimOf(key: string): string {
  return `claim|${encodeKey(key)}`;
}

function failureKey(chunk: number, index: number): string {
  return `${padded(chunk)}|${padded(index)}`;
}
