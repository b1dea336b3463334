import * as z from 'zod/mini';
import type { Author } from '../history/writeLog';
import type { TagsPatch } from '../twins/tags';

/** Who works a job: this request, the queue, or the hub itself. */
export const engines = ['direct', 'queue', 'hubJob'] as const;

export type Engine = (typeof engines)[number];

/**
 * What is kept of a job. One of the queue is `preparing` until all of it is in the queue: until then nothing of it is
 * worked, so a request that is cut off leaves no job in part.
 */
export interface TagJob extends Partial<Author> {
  jobId: string;
  engine: Engine;
  state: 'preparing' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  createdAt: string;
  endedAt?: string;
  expectedSeconds: number;
  /** Devices; of a condition what the query index counted, until they are listed. */
  total: number;
  /** Of those of a job that has ended. */
  succeeded?: number;
  failed?: number;
  /** For every device; absent where each has its own. */
  tags?: TagsPatch;
  /** Lists the devices, where a condition chose them. */
  query?: string;
  /** Whether all of them are listed before the first is tagged. */
  listsFirst?: boolean;
  /** Chunks of a list. Those of a condition end with one that says so. */
  chunks?: number;
  /** Messages of it that are in the queue at a time; absent where all were sent at once. */
  window?: number;
  /** Whether it keeps what it replaces; of a job of the hub, whether the history may tell. */
  isUndoable?: boolean;
  /** The job, or the change, that it takes back. */
  undoes?: string;
  /** Of one that takes back a job: what it must know of it, and whether what was changed since is overridden. */
  original?: OriginalJob & { force: boolean };
  /** Why the job failed, or what to know of it. */
  detail?: string;
}

/** What is known of a job that is to be taken back. */
export type OriginalJob = Pick<TagJob, 'jobId' | 'engine' | 'tags' | 'createdAt' | 'endedAt'>;

/** A job as it was read. */
export interface StoredJob {
  job: TagJob;
  etag: string;
}

const outcomeSchema = z.object({ deviceId: z.string(), status: z.number(), detail: z.string() });

/** A device that was not tagged: the status as of HTTP; 0 where it was not reached. */
export type Failure = z.infer<typeof outcomeSchema>;

/** What became of a device. */
export interface Outcome {
  /** 200, or as of {@link Failure}. */
  status: number;
  etag?: string;
  detail?: string;
}

const count = z.int().check(z.gte(0));

/** What callers see of the state of a job. */
export const jobStates = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;

/** A job as a list of jobs tells it. */
export const jobSummarySchema = z.object({
  jobId: z.string(),
  engine: z.enum(engines),
  state: z.enum(jobStates),
  counts: z.object({ total: count, succeeded: count, failed: count, pending: count }),
  expectedSeconds: count,
  createdAt: z.iso.datetime(),
  endedAt: z.optional(z.iso.datetime()),
  /** Who asked for it, and what for. */
  by: z.optional(z.string()),
  reason: z.optional(z.string()),
  /** Whether what it replaced can be put back. */
  undoable: z.boolean(),
  /** The job, or the change, that it takes back. */
  undoes: z.optional(z.string()),
  /** Why the job failed, or what to know of it. */
  detail: z.optional(z.string()),
});

export type JobSummary = z.infer<typeof jobSummarySchema>;

/** A job as callers see it. */
export const jobDocumentSchema = z.object({
  ...jobSummarySchema.shape,
  failures: z.array(outcomeSchema),
  continuation: z.optional(z.string()),
  results: z.optional(
    z.array(
      z.object({
        deviceId: z.string(),
        status: z.number(),
        etag: z.optional(z.string()),
        detail: z.optional(z.string()),
      }),
    ),
  ),
  /** Columns of the body that say nothing about tags. */
  ignoredColumns: z.optional(z.array(z.string())),
});

export type JobDocument = z.infer<typeof jobDocumentSchema>;
