import * as z from 'zod/mini';
import { deadlines } from '../azure/hub/deadlines';
import { maxPageSize } from '../azure/hub/hub';
import { unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import { InvalidInputError } from '../errors/invalidInputError';
import type { ChunkProgress } from './chunk';
import { toFailure } from './hubJob';
import type { JobMeans } from './jobMeans';
import { knownJob } from './keptJob';
import type { Failure, TagJob } from './tagJob';
import { TagJobError } from './tagJobError';
import type { TagJobStore } from './tagJobStore';

/** What became of a device of a job; `notReached` where the job ended before its turn. */
export const deviceOutcomes = ['succeeded', 'failed', 'pending', 'notReached'] as const;

export type DeviceOutcome = (typeof deviceOutcomes)[number];

/** A device of a job, with what became of it; the rest only of one that failed. */
export const outcomeSchema = z.object({
  deviceId: z.string(),
  outcome: z.enum(deviceOutcomes),
  status: z.optional(z.number()),
  detail: z.optional(z.string()),
});

export type Outcome = z.infer<typeof outcomeSchema>;

/** A page of the devices of a job. It may be short, even empty, where there is a continuation. */
export interface OutcomePage {
  outcomes: Outcome[];
  continuation?: string;
}

/** Which devices to tell of. */
export interface Asked {
  /** All where it is undefined. */
  outcome?: DeviceOutcome | undefined;
  limit: number;
  /** Of the page before. */
  continuation?: string | undefined;
}

/**
 * Tells what became of each device of a job, in the order in which they were named or listed.
 *
 * @throws TagJobError `unknown-job`; `job-state` for a job whose request had all of that in its answer.
 */
export async function readOutcomes(jobId: string, means: JobMeans, asked: Asked): Promise<OutcomePage> {
  const store = means.needStore();
  const { job } = await knownJob(jobId, store);
  if (job.engine === 'direct') {
    const detail = 'The answer to a request of engine direct tells each device (results); engine queue keeps that.';
    throw new TagJobError('job-state', detail);
  }
  const paged = { query: `${jobId} ${asked.outcome}`, pageSize: asked.limit };
  const token = asked.continuation === undefined ? undefined : unwrapContinuation(paged, asked.continuation);
  const { outcomes, next } = await (job.engine === 'hubJob'
    ? ofHub(job, means, asked, token)
    : ofChunks(job, store, asked, token));
  return { outcomes, ...(next === undefined ? {} : { continuation: wrapContinuation(paged, next) }) };
}

interface Found {
  outcomes: Outcome[];
  next: string | undefined;
}

async function ofChunks(job: TagJob, store: TagJobStore, { outcome, limit }: Asked, token = '0.0'): Promise<Found> {
  const { jobId } = job;
  const [first = 0, start = 0] = parsePlace(token);
  const outcomes: Outcome[] = [];
  const { chunks, isMore } = await store.progressFrom(jobId, first);
  for (const progress of chunks) {
    const wanted = indexesOf(progress, job, outcome).filter(([index]) => progress.number > first || index >= start);
    if (wanted.length === 0) continue;
    const devices = await store.readDevices(jobId, progress.number);
    const failures = await failuresOf(progress, store, jobId);
    for (const [index, told] of wanted) {
      if (outcomes.length === limit) return { outcomes, next: `${progress.number}.${index}` };
      const [deviceId = ''] = devices[index] ?? [];
      const { status, detail } = failures.get(index) ?? {};
      const isTold = told === 'failed' && status !== undefined && detail !== undefined;
      outcomes.push({ deviceId, outcome: told, ...(isTold ? { status, detail } : {}) });
    }
  }
  const last = chunks.at(-1)?.number ?? first;
  return { outcomes, next: isMore ? `${last + 1}.0` : undefined };
}

function parsePlace(token: string): number[] {
  if (/^\d{1,6}\.\d{1,6}$/.test(token)) return token.split('.').map(Number);
  throw new InvalidInputError('The continuation is not one of this job: take it from the page before.', 'continuation');
}

/** The devices of a chunk with a wanted outcome, by index. */
function indexesOf({ outcomes }: ChunkProgress, { state }: TagJob, wanted: DeviceOutcome | undefined) {
  const rest = state === 'cancelled' || state === 'failed' ? 'notReached' : 'pending';
  return [...outcomes]
    .map((letter) => (letter === 's' ? 'succeeded' : letter === 'f' ? 'failed' : rest))
    .map((outcome, index): [number, DeviceOutcome] => [index, outcome])
    .filter(([, outcome]) => wanted === undefined || outcome === wanted);
}

async function failuresOf({ number, outcomes }: ChunkProgress, store: TagJobStore, jobId: string) {
  return outcomes.includes('f') ? store.failuresOfChunk(jobId, number) : new Map<number, Failure>();
}

/** What the hub tells of a device of its job (Azure IoT Hub, "Schedule jobs on multiple devices"). */
const ofHubStatus: Readonly<Record<string, DeviceOutcome>> = {
  completed: 'succeeded',
  failed: 'failed',
  timedout: 'failed',
  canceled: 'notReached',
  cancelled: 'notReached',
};

async function ofHub({ jobId }: TagJob, { hub }: JobMeans, { outcome, limit }: Asked, token?: string): Promise<Found> {
  const { rows, continuation } = await hub(deadlines.request).jobDevices(jobId, {
    pageSize: Math.min(limit, maxPageSize),
    continuation: token,
  });
  const outcomes = rows.map((row): Outcome => {
    const told = ofHubStatus[row.status.toLowerCase()] ?? 'pending';
    return told === 'failed' ? { outcome: told, ...toFailure(row) } : { outcome: told, deviceId: row.deviceId };
  });
  return { outcomes: outcomes.filter((each) => outcome === undefined || each.outcome === outcome), next: continuation };
}
